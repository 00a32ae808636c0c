"""Take a snapshot that nobody asked for: `snapshot_process.py WORKTREE SLOT WHY BRANCH`, in a process alone.

It has a low priority unless somebody waits for it, and whoever wants the slot ends it: nothing is lost by
that. What came of it is one line of JSON on stdout, for a supervisor; a failure is in the log of operations
too, for `wagit doctor`. What a bot left is checked afterwards, by a process that nobody waits for.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import NamedTuple

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
from wagit.operations import cleanup
from wagit.operations.context import Context
from wagit.operations.snapshot import Ask, NothingToSnapshot, Taken, take
from wagit.slots.holding import SlotBusy
from wagit.slots.records import NoSuchSlot
from wagit.snapshots.manifest import Manifest
from wagit.snapshots.scan import Changing

NICENESS = 10
WAITED_FOR = ("stop", "end")  # by the user who pressed Ctrl-C
PATIENCE = 60.0  # seconds for another one of the same slot to make its snapshot durable
FAILED = "snapshot-failed"  # the verb in the log of operations
# Somebody uses the slot, and its next stop is followed by a snapshot; or there is nothing to take.
NO_FAILURE = (SlotBusy, NoSuchSlot, NothingToSnapshot, Locked)


class Errand(NamedTuple):
    """What to do: snapshot `slot`, used on `branch`, for the reason `why`."""

    repo: Repository
    store: Store
    slot: str
    why: str
    branch: str | None


class Outcome(NamedTuple):
    """What came of it, and the slot's newest snapshot, which is of the data as it is now."""

    saved: Saved = Saved()
    store: Store | None = None
    snapshot: Manifest | None = None


def main(arguments: list[str]) -> int:
    """Take the snapshot and print the outcome; return 0 unless there was a problem."""
    worktree, slot, why, branch = arguments
    _detach()
    if why not in WAITED_FOR and hasattr(os, "nice"):  # untested: Windows has none
        os.nice(NICENESS)
    done = _run(worktree, slot, why, branch)
    print(json.dumps(done.saved._asdict()), flush=True)
    if done.store is not None and done.snapshot is not None and done.snapshot.header.tag == "clean":
        from wagit.operations import snapshot_check

        snapshot_check.begin(done.store, done.snapshot, worktree)
    return 1 if done.saved.problem else 0


def _detach() -> None:
    """Keep nothing of others: a pipe of git's caller, their directory."""
    os.closerange(3, 1 << 16)
    os.chdir(os.path.abspath(os.sep))


def _run(worktree: str, slot: str, why: str, branch: str) -> Outcome:
    try:
        repo = find(worktree, os.environ)
        store = open_store(store_root(repo.common_dir, os.environ))
    except WagitError:
        return Outcome()  # set aside or removed meanwhile
    errand = Errand(repo, store, slot, why, branch or None)
    try:
        return _attempt(errand)
    except Exception as error:
        problem = error.message if isinstance(error, WagitError) else str(error) or repr(error)
        with contextlib.suppress(OSError):  # the disk is full: `wagit doctor` sees that by itself
            _log(errand, FAILED, {"error": problem})
        return Outcome(Saved(problem=problem))


def _attempt(errand: Errand) -> Outcome:
    context = _context(errand)
    if context is not None and errand.why == "switch" and not _is_wanted(context, errand.slot):
        return Outcome()
    try:
        taken = _take_alone(errand)
    except NO_FAILURE as why:
        return Outcome(Saved(cut=not isinstance(why, NothingToSnapshot)))
    except Changing:
        if errand.why in ("switch", "timer"):  # a bot that runs without wagit has it open
            return Outcome()
        raise
    if context is not None:
        with contextlib.suppress(WagitError, OSError):  # `wagit snapshots prune` says what is wrong
            cleanup.after_snapshot(context, errand.slot, new=taken.new, stopped=errand.why != "timer")
    return Outcome(Saved(taken.snapshot.id if taken.new else ""), errand.store, taken.snapshot)


def _is_wanted(context: Context, slot: str) -> bool:
    """Whether a switch leaves a snapshot: what the team shares is pushed from it."""
    if context.config.settings.snapshots.on_switch:
        return True
    from wagit.operations.team_access import is_shared

    return is_shared(context, slot)


def _context(errand: Errand) -> Context | None:
    """The whole context; None where the config is broken: sessions are kept safe all the same."""
    repo, store, environ = errand.repo, errand.store, os.environ
    try:
        return Context(repo, store, load(repo, environ, {}), environ, SystemClock())
    except WagitError:
        return None


def _take_alone(errand: Errand) -> Taken:
    """Take it while no other such process works on this slot: two would copy the same files.

    One that still reads the data sees all that this one would.
    """
    repo, store, slot, why, branch = errand
    if why == "switch" and holder_of(store.lock(slot)) is not None:
        raise SlotBusy(f"slot {slot} is in use", "")
    with acquire(os.path.join(store.staging(), f"{slot}.snapshot"), wait=PATIENCE):
        ask = Ask(why, time.time(), hot=why == "timer", yields=True, branch=branch)
        taken = take(repo, store, slot, ask)
        if not taken.new and failure(store, slot) is not None:  # it is safe after all
            snapshot = taken.snapshot
            _log(errand, "snapshot", {"snapshot": snapshot.id, "tag": snapshot.header.tag})
        return taken


def _log(errand: Errand, verb: str, detail: dict[str, str]) -> None:
    detail = {"slot": errand.slot, **detail}
    operation = journal.Operation(time.time(), verb, errand.repo.worktree, errand.branch, errand.why, detail)
    journal.record(errand.store, operation)


def failure(store: Store, slot: str) -> journal.Operation | None:
    """The slot's newest automatic snapshot, when it failed and none has been taken since."""
    newest = None
    for operation in journal.read(store):
        if operation.verb in ("snapshot", FAILED) and operation.detail.get("slot") == slot:
            newest = operation
    return newest if newest is not None and newest.verb == FAILED else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
