"""What a switch leaves is snapshotted by a process of its own. Stdlib only: the hook starts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from wagit.core.git import clean_environ
from wagit.core.locks import lasting_holder_of
from wagit.core.processes import start_detached
from wagit.core.repository import Repository
from wagit.core.store import Store
from wagit.operations.switch import Switch

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "snapshot_process.py")


def begin(repo: Repository, store: Store, done: Switch, environ: Mapping[str, str]) -> int | None:
    """Start the snapshot of the slot that `done` left; return its pid, or None when none is due.

    An empty slot needs none, and one whose bot still runs gets it when that has stopped. Whether the
    config wants one is looked up by the process itself. Raises nothing: a switch goes on without.
    """
    left = done.previous
    if left is None or not done.changed:
        return None
    try:
        if not os.listdir(store.data(left)) or lasting_holder_of(store.lock(left)) is not None:
            return None
        return start_detached(command(repo, left, "switch", done.left), clean_environ(environ))
    except OSError:
        return None  # the slot has been removed, or the machine has no process to spare


def command(repo: Repository, slot: str, why: str, branch: str | None) -> list[str]:
    """The command line of a process that snapshots `slot`, which was used on `branch`.

    `why` is as in a snapshot's header.
    """
    return [sys.executable, "-I", PROGRAM, repo.worktree, slot, why, branch or ""]
