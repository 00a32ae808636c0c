"""What follows a switch is done by processes of their own. Stdlib only: the hook starts them.

The slot that it leaves is snapshotted; the bot of the one it comes to is started if `launch: auto` says so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from wagit.core.git import clean_environ
from wagit.core.locks import lasting_holder_of
from wagit.core.processes import start_detached
from wagit.core.repository import Repository
from wagit.core.running import supervisor
from wagit.core.store import Store
from wagit.operations.switch import Switch
from wagit.routing.cache import Target

_HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(_HERE, "snapshot_process.py")
LAUNCHER = os.path.join(_HERE, "launch_process.py")


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


def launch(repo: Repository, done: Switch, target: Target, environ: Mapping[str, str]) -> int | None:
    """Start what starts the bot, unless one runs in the worktree; return its pid, or None.

    Only a switch from another slot does. Raises nothing: a switch goes on without.
    """
    wanted = target.launch or environ.get("WAGIT_LAUNCH") == "auto"  # the process looks closer
    if not wanted or done.previous is None or not done.changed or supervisor(repo) is not None:
        return None
    try:
        return start_detached([sys.executable, "-P", LAUNCHER, repo.worktree], clean_environ(environ))
    except OSError:
        return None


def command(repo: Repository, slot: str, why: str, branch: str | None) -> list[str]:
    """The command line of a process that snapshots `slot`, which was used on `branch`.

    `why` is as in a snapshot's header.
    """
    return [sys.executable, "-I", PROGRAM, repo.worktree, slot, why, branch or ""]
