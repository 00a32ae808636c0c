"""Take a snapshot that nobody asked for: `snapshot_process.py WORKTREE SLOT WHY`, a process of its own.

It has a low priority, and whoever wants the slot ends it: nothing is lost by that. What came of it is one
line of JSON on stdout, for a supervisor; a failure is in the log of operations too, for `wagit doctor`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time

if __name__ == "__main__":  # -I leaves the standard library and site-packages on the path
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from wagit.bots.assignment import Saved
from wagit.config.digest import store_root
from wagit.config.load import load
from wagit.core import journal
from wagit.core.clock import SystemClock
from wagit.core.errors import WagitError
from wagit.core.locks import Locked, acquire, holder_of
from wagit.core.repository import Repository, find
from wagit.core.store import Store, open_store
from wagit.operations import prune
from wagit.operations.context import Context
from wagit.operations.snapshot import Ask, NothingToSnapshot, Taken, take
from wagit.slots.holding import SlotBusy
from wagit.slots.records import NoSuchSlot
from wagit.snapshots.scan import Changing

NICENESS = 10
PATIENCE = 60.0  # seconds for another one of the same slot to make its snapshot durable
FAILED = "snapshot-failed"  # the verb in the log of operations
# Somebody uses the slot, and its next stop is followed by a snapshot; or there is nothing to take.
NO_FAILURE = (SlotBusy, NoSuchSlot, NothingToSnapshot, Locked)


def main(arguments: list[str]) -> int:
    """Take the snapshot and print the outcome; return 0 unless there was a problem."""
    worktree, slot, why = arguments
    _be_modest()
    outcome = _guarded(worktree, slot, why)
    print(json.dumps(outcome._asdict()), flush=True)
    return 1 if outcome.problem else 0


def _be_modest() -> None:
    """Give way to others, and keep nothing of theirs: a pipe of git's caller, their directory."""
    os.closerange(3, 1 << 16)
    os.chdir(os.path.abspath(os.sep))
    if hasattr(os, "nice"):  # untested: Windows has none
        os.nice(NICENESS)


def _guarded(worktree: str, slot: str, why: str) -> Saved:
    try:
        repo = find(worktree, os.environ)
        store = open_store(store_root(repo.common_dir, os.environ))
    except WagitError:
        return Saved()  # set aside or removed meanwhile
    try:
        return _attempt(repo, store, slot, why)
    except Exception as error:
        problem = error.message if isinstance(error, WagitError) else str(error) or repr(error)
        _log_failure(repo, store, slot, why, problem)
        return Saved(problem=problem)


def _attempt(repo: Repository, store: Store, slot: str, why: str) -> Saved:
    context = _context(repo, store)
    if context is not None and why == "switch" and not context.config.settings.snapshots.on_switch:
        return Saved()
    try:
        taken = _take_alone(repo, store, slot, why)
        if taken.new and context is not None:
            with contextlib.suppress(WagitError, OSError):  # `wagit snapshots prune` says what is wrong
                prune.automatic(context, slot)
    except NO_FAILURE:
        return Saved()
    except Changing:
        if why in ("switch", "timer"):  # a bot that runs without wagit has it open
            return Saved()
        raise
    return Saved(snapshot=taken.snapshot.id if taken.new else "")


def _context(repo: Repository, store: Store) -> Context | None:
    """The whole context; None where the config is broken: sessions are kept safe all the same."""
    try:
        return Context(repo, store, load(repo, os.environ, {}), os.environ, SystemClock())
    except WagitError:
        return None


def _take_alone(repo: Repository, store: Store, slot: str, why: str) -> Taken:
    """Take it while no other such process works on this slot: two would copy the same files.

    One that still reads the data sees all that this one would.
    """
    if why == "switch" and holder_of(store.lock(slot)) is not None:
        raise SlotBusy(f"slot {slot} is in use", "")
    with acquire(os.path.join(store.staging(), f"{slot}.snapshot"), wait=PATIENCE):
        taken = take(repo, store, slot, Ask(why, time.time(), hot=why == "timer", yields=True))
        if not taken.new and failure(store, slot) is not None:
            _log(repo, store, "snapshot", why, {"slot": slot, "snapshot": taken.snapshot.id,
                                                "tag": taken.snapshot.header.tag})  # fmt: skip
        return taken


def _log_failure(repo: Repository, store: Store, slot: str, why: str, problem: str) -> None:
    with contextlib.suppress(OSError):  # the disk is full: `wagit doctor` sees that by itself
        _log(repo, store, FAILED, why, {"slot": slot, "error": problem})


def _log(repo: Repository, store: Store, verb: str, why: str, detail: dict[str, str]) -> None:
    journal.record(store, journal.Operation(time.time(), verb, repo.worktree, None, why, detail))


def failure(store: Store, slot: str) -> journal.Operation | None:
    """The slot's newest automatic snapshot, when it failed and none has been taken since."""
    newest = None
    for operation in journal.read(store):
        if operation.verb in ("snapshot", FAILED) and operation.detail.get("slot") == slot:
            newest = operation
    return newest if newest is not None and newest.verb == FAILED else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
