"""What `verify` tells beside its findings: login, locks, browser, snapshots. Reads only, raises nothing."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.core.processes import host_name
from wagit.core.store import Store
from wagit.drivers import chrome
from wagit.drivers.base import Driver
from wagit.drivers.profile import ProfilesDriver
from wagit.integrity.identity import LOCAL_STORAGE, WHATSAPP, account_digits
from wagit.snapshots import manifest as manifests

# What WhatsApp Web keeps in Local Storage once it is linked.
MARKERS = ("last-wid-md", "WANoiseInfo", "WebEncKeySalt")


class Login(NamedTuple):
    """Whose login it is; `reason` says why none is known. `wanted` is the account that a rule asks for.

    `matches` is null where there is nothing to compare. `markers` tells which of WhatsApp's marks are there.
    `removed` is when WhatsApp was seen to log it out, RFC 3339.
    """

    account: str | None
    device: str | None
    reason: str
    wanted: str | None
    matches: bool | None
    markers: Mapping[str, bool]
    removed: str | None = None


class Locks(NamedTuple):
    """Who holds the slot, who has the data open without wagit, and what Chromium's locks say, in words."""

    holder: str | None
    writers: tuple[str, ...]
    singletons: tuple[str, ...]


class Browser(NamedTuple):
    """The version that last opened the profile, how it stores IndexedDB, and the version installed here."""

    version: str | None
    backend: str | None
    installed: str | None


class Newest(NamedTuple):
    """The newest snapshot; `time` RFC 3339 UTC. `browser` and `backend` as they were in the profile then."""

    snapshot: str
    time: str
    tag: str
    browser: str | None
    backend: str | None


class Kept(NamedTuple):
    """A slot's snapshots: how many, how many of them damaged, bytes of their objects, what they may take."""

    snapshots: int
    damaged: int
    size: int
    budget: int | None
    newest: Newest | None


def login_of(driver: Driver, data: str, wanted: str | None) -> Login:
    """Whose login `data` holds, compared with what a rule asks for."""
    found = driver.read_identity(data)
    account, device = found.identity or (None, None)
    both = account is not None and wanted is not None
    matches = account_digits(account) == account_digits(wanted) if both and account and wanted else None
    return Login(account, device, found.reason, wanted, matches, _markers(driver, data))


def _markers(driver: Driver, data: str) -> dict[str, bool]:
    """Which of WhatsApp's marks are in Local Storage; empty for a session that is no profile."""
    if not isinstance(driver, ProfilesDriver):
        return {}
    from wagit.integrity.leveldb import LevelDBUnreadable
    from wagit.integrity.local_storage import read_local_storage

    known: set[str] = set()
    for path in driver.profile_paths(data):
        with contextlib.suppress(LevelDBUnreadable, OSError):
            known |= set(read_local_storage(os.path.join(path, LOCAL_STORAGE), WHATSAPP))
    return {marker: marker in known for marker in MARKERS}


def locks_of(driver: Driver, data: str, worktree: str, holder: str | None) -> Locks:
    """Who is at the data now."""
    writers = tuple(str(writer) for writer in driver.writers(data, worktree))
    paths = driver.profile_paths(data) if isinstance(driver, ProfilesDriver) else []
    return Locks(holder, writers, tuple(filter(None, map(_singleton, paths))))


def _singleton(profile: str) -> str:
    """What the lock of a profile says; empty where there is none."""
    lock = chrome.lock_of(profile)
    if lock is None:
        return "SingletonLock is not Chromium's" if _has_lock(profile) else ""
    host, pid = lock
    if host != host_name():
        return f"SingletonLock of pid {pid} on the host {host}: Chromium does not start beside it"
    if chrome.writers_of(profile):
        return f"SingletonLock of pid {pid}, which runs"
    return f"SingletonLock of pid {pid}, which is gone: Chromium passes over it"


def _has_lock(profile: str) -> bool:
    return os.path.lexists(os.path.join(profile, "SingletonLock"))


def browser_of(driver: Driver, data: str, environ: Mapping[str, str]) -> Browser | None:
    """What last opened the profile, and what would open it now; None for a session that is no profile."""
    if not isinstance(driver, ProfilesDriver):
        return None
    from wagit.browser import find

    installed = None
    with contextlib.suppress(WagitError):
        installed = find.version(find.find(environ))
    return Browser(driver.browser(data), driver.backend(data), installed)


def is_older(version: str | None, other: str | None) -> bool:
    """Whether a version of a browser is older than another; false where one is not known."""
    if version is None or other is None:
        return False
    return _numbers(version) < _numbers(other)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def kept_of(store: Store, slot: str, budget: int | None) -> Kept:
    """The slot's snapshots, by their manifests alone."""
    known = manifests.listing(store, slot)
    objects: dict[str, int] = {}
    for identifier, _ in known.snapshots:
        with contextlib.suppress(WagitError, OSError):
            objects |= manifests.sizes(store, slot, identifier)
    newest = None
    if known.snapshots:
        identifier, header = known.snapshots[0]
        newest = Newest(identifier, rfc3339(header.time), header.tag, header.browser, header.backend)
    damaged = len(known.damaged)
    return Kept(len(known.snapshots) + damaged, damaged, sum(objects.values()), budget, newest)
