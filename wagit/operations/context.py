"""The one value that operations take: repository, store, config, environment and clock."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from wagit.config.digest import store_root
from wagit.config.load import Config, load
from wagit.core import store as stores
from wagit.core.clock import Clock, SystemClock
from wagit.core.errors import WagitError
from wagit.core.repository import Repository, find
from wagit.core.store import Store


class Context(NamedTuple):
    """Where wagit works and with what. Operations get everything from here, and nothing from globals."""

    repo: Repository
    store: Store
    config: Config
    environ: Mapping[str, str]
    clock: Clock


def open_at(
    directory: str, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None
) -> Context:
    """Open the set-up repository around `directory`.

    Raises NotARepository, BareRepository, NoStore, NewerFormat, ConfigProblems.
    """
    repo = find(directory, environ)
    store = stores.open_store(store_root(repo.common_dir, environ))
    if os.path.exists(store.renaming()):  # a killed process had begun it
        from wagit.snapshots import renaming

        renaming.complete(store)
    return open_here(repo, environ, overrides)


def open_here(
    repo: Repository, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None
) -> Context:
    """Open a repository whose store may still be missing. Raises ConfigProblems."""
    store = Store(store_root(repo.common_dir, environ))
    return Context(repo, store, load(repo, environ, overrides or {}), environ, SystemClock())


def reloaded(context: Context) -> Context:
    """The same with the config as it is now. Raises ConfigProblems, OSError."""
    return context._replace(config=load(context.repo, context.environ, {}))


def reloaded_if_whole(context: Context) -> Context:
    """The same; with the config from before where it broke just now: whoever resolves says so."""
    try:
        return reloaded(context)
    except (WagitError, OSError):
        return context


def driver_name(context: Context) -> str:
    """The driver the config names, else the one the dependency files speak for, else `generic`."""
    if context.config.settings.driver:
        return str(context.config.settings.driver)
    from wagit.drivers import detect

    found = detect.detect(context.repo.worktree)
    return found[0].driver if found else "generic"
