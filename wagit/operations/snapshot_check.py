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
from wagit.integrity.findings import broken
from wagit.operations import examine
from wagit.snapshots import seal as seals
from wagit.snapshots.manifest import Manifest

FAILED = "check-failed"  # the verb in the log of operations
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
        if done.steady and broken(done.findings):
            codes = sorted({found.code for found in done.findings if found.severity != "warning"})
            detail = {"slot": slot, "snapshot": taken.id, "codes": codes}
            journal.record(store, journal.Operation(time.time(), FAILED, worktree, None, "check", detail))


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
