"""`cleanup_on_exit`: what a login does not need goes once nobody writes the slot any more."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from wagit.core.atomic import rename_durably
from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.drivers.profile import ProfilesDriver
from wagit.operations import prune
from wagit.operations.context import Context
from wagit.slots import records
from wagit.slots.inspect import size_of
from wagit.snapshots.staging import Staging

# Chromium makes each of them anew, whole: net/disk_cache, gpu/ipc/host, components/component_updater.
CACHES = (
    "Default/Cache",
    "Default/Code Cache",
    "Default/DawnCache",
    "Default/DawnGraphiteCache",
    "Default/DawnWebGPUCache",
    "Default/GPUCache",
    "Default/Service Worker/CacheStorage",
    "Default/Shared Dictionary",
    "GPUPersistentCache",
    "GrShaderCache",
    "GraphiteDawnCache",
    "ShaderCache",
    "component_crx_cache",
    "extensions_crx_cache",
)


def drop_caches(store: Store, slot: str, worktree: str) -> int:
    """Remove the caches of a held slot's profiles; return how many bytes went.

    Each is renamed out of the profile first, so that a crash leaves it whole or gone; what it leaves in the
    store's `tmp/` is swept by the next command that uses that. Nothing is touched while a browser has the
    slot open. Raises NoSuchSlot, OSError.
    """
    driver, data = registry.get(records.read_record(store, slot).driver), store.data(slot)
    if not isinstance(driver, ProfilesDriver) or driver.writers(data, worktree):
        return 0
    freed = 0
    found = list(_caches(driver, data))
    if not found:
        return 0
    with Staging(store) as staging:
        for path in found:
            freed += size_of(path)
            rename_durably(path, staging.new_name())
    return freed


def _caches(driver: ProfilesDriver, data: str) -> Iterator[str]:
    for profile in driver.profile_paths(data):
        for cache in CACHES:
            path = os.path.join(profile, cache)
            if os.path.isdir(path) and not os.path.islink(path):
                yield path


def at_exit(context: Context, slot: str) -> None:
    """Drop the caches of a slot that is still held, where the config wants that. Raises nothing."""
    if context.config.settings.cleanup_on_exit:
        with contextlib.suppress(WagitError, OSError):  # it is no reason to keep the slot
            drop_caches(context.store, slot, context.repo.worktree)


def after_snapshot(context: Context, slot: str, *, new: bool, stopped: bool) -> None:
    """Prune after a snapshot: at a stop by the config's rule, where `cleanup_on_exit` asks for that.

    Else only when some are due. Raises Locked, OSError.
    """
    if stopped and context.config.settings.cleanup_on_exit:
        prune.prune(context, slot)
    elif new:
        prune.automatic(context, slot)
