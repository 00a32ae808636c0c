"""Check what a bot left, once its snapshot is taken, in a process that nobody waits for.

The slot is not held meanwhile. Whoever takes it ends this: it checks by itself, unless there is a seal.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

from wagit.core import journal
from wagit.core.errors import WagitError
from wagit.core.locks import holder_of
from wagit.core.store import Store
from wagit.operations import check_log, examine
from wagit.snapshots import seal as seals
from wagit.snapshots.manifest import Manifest

NICENESS = 10
PAUSE = 0.05  # seconds until it is looked again whether somebody wants the slot


def begin(store: Store, taken: Manifest, worktree: str) -> None:
    """Check the slot of a snapshot and seal it, in a child of this process. Returns at once, but on Windows.

    Nothing is told to anybody but by the seal and the log of operations.
    """
    if not hasattr(os, "fork"):  # untested: Windows has none
        check(store, taken, worktree)
        return
    if os.fork():
        return
    try:
        _detach()
        threading.Thread(target=_give_way, args=(store.lock(taken.header.slot),), daemon=True).start()
        check(store, taken, worktree)
    finally:
        os._exit(0)  # what the parent still has to do is not done twice


def check(store: Store, taken: Manifest, worktree: str) -> None:
    """Check the slot of a snapshot; seal it, naming that, or log what was found."""
    slot = taken.header.slot
    with contextlib.suppress(WagitError, OSError):  # removed meanwhile, or the disk is full
        seals.settle()
        done = examine.examine(store, slot, time.time())
        examine.name_snapshot(store, slot, taken)
        if done.steady:
            detail = {"snapshot": taken.id}
            operation = journal.Operation(time.time(), "", worktree, None, "check", detail)
            check_log.log(store, slot, done.findings, operation)


def _detach() -> None:
    """Let who reads the parent's output see its end, and be in nobody's way."""
    sys.stdout.flush()
    with open(os.devnull, "w", encoding="ascii") as null:
        os.dup2(null.fileno(), 1)
    os.nice(NICENESS)


def _give_way(lock: str) -> None:
    """End this process when somebody takes the slot, whatever it does: nothing is lost by that."""
    while holder_of(lock) is None:
        time.sleep(PAUSE)
    os._exit(0)
