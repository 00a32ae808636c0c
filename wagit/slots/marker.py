"""An empty file that is there while some slot has its session from another one.

The sh hook after a merge tests for it, and so needs to start no program where there is nothing to give back.
"""

from __future__ import annotations

import os

from wagit.core.atomic import atomic_write
from wagit.core.repository import Repository
from wagit.core.store import Store
from wagit.slots import records


def path(repo: Repository) -> str:
    """Where the file is: with git's, where sh finds it also when the store is elsewhere."""
    return os.path.join(repo.common_dir, "wagit", "origins")


def is_set(repo: Repository) -> bool:
    """Whether some slot may have its session from another one."""
    return os.path.exists(path(repo))


def put(repo: Repository) -> None:
    """Say that some slot has; before it has. Raises OSError."""
    if not is_set(repo):
        atomic_write(path(repo), b"")


def take_away(repo: Repository, store: Store) -> None:
    """Say that none has, where that is so by now. Raises OSError."""
    slots = records.slot_names(store) if is_set(repo) else []
    if slots and not any(records.read_record(store, slot).origin_mode for slot in slots):
        os.unlink(path(repo))
