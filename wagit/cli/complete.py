"""Shell completion of slots and branches; a failing completion says nothing."""

from __future__ import annotations

import os

from wagit.core.errors import WagitError


def slots(incomplete: str) -> list[str]:
    """Slots that start with `incomplete`."""
    from wagit.config.digest import store_root
    from wagit.core.repository import find
    from wagit.core.store import Store
    from wagit.slots.records import slot_names

    try:
        repo = find(str(os.curdir), os.environ)
        return [
            name
            for name in slot_names(Store(store_root(repo.common_dir, os.environ)))
            if name.startswith(incomplete)
        ]
    except (WagitError, OSError):
        return []


def branches(incomplete: str) -> list[str]:
    """Local branches that start with `incomplete`."""
    from wagit.core.git import run_git

    try:
        names = run_git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", cwd=".")
    except (WagitError, OSError):
        return []
    return [name for name in names.splitlines() if name.startswith(incomplete)]


def drivers(incomplete: str) -> list[str]:
    """Drivers that start with `incomplete`."""
    from wagit.drivers import registry

    return [name for name in registry.names() if name.startswith(incomplete)]
