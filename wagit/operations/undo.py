"""Take back what was done, by the log; each undo is an operation, too, and can be taken back.

Without a number the newest operation is meant that somebody asked for and that is not taken back: running
it again goes further back. With a number any line of the log, also an undo: then its operation is done
again. On one slot the newest comes first: what came after an operation would make its details untrue.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from wagit.core import journal
from wagit.core.clock import StoppedClock, rfc3339
from wagit.core.locks import acquire
from wagit.operations import undo_adopt, undo_history, undo_move, undo_slots, undo_snapshots, undo_use
from wagit.operations.context import Context
from wagit.operations.undo_history import Fate, Logged, in_words
from wagit.operations.undo_plan import LIST, Cannot, CannotUndo, Facts, Plan, Verb
from wagit.slots import quiet
from wagit.snapshots.reading import Progress, no_progress

PATIENCE = 10.0  # seconds to wait for another undo
VERBS: dict[str, Verb] = {
    **undo_use.VERBS,
    **undo_slots.VERBS,
    **undo_adopt.VERBS,
    **undo_move.VERBS,
    **undo_snapshots.VERBS,
}


class Choice(NamedTuple):
    """One operation of `undo --list`: what undo would do, or why it cannot. `time` is RFC 3339 UTC.

    `number` is its place in the log, which never changes.
    """

    number: int
    time: str
    verb: str
    what: str
    cause: str
    worktree: str
    does: str | None
    cannot: str | None
    hint: str
    warnings: tuple[str, ...]


class Undone(NamedTuple):
    """What an undo did, or would do: it took back operation `number`, and is operation `undo` itself."""

    number: int
    verb: str
    what: str
    does: str
    undo: int | None
    notices: tuple[str, ...]
    dry_run: bool


def listing(context: Context, limit: int = 20) -> list[Choice]:
    """Return what can be taken back, or why it cannot, newest first; `limit` 0 for all.

    Switches that nobody asked for and those of other worktrees are left out.
    """
    log = _Log(context)
    found: list[Choice] = []
    for line in reversed(log.lines):
        if limit and len(found) == limit:
            break
        if log.concerns(line):
            found.append(log.choice(line))
    return found


def choose(context: Context, number: int | None = None) -> Choice:
    """Return the operation that is meant, and what undo would do. Raises CannotUndo with the reason."""
    log = _Log(context)
    line = log.newest() if number is None else log.line(number)
    choice = log.choice(line)
    if choice.does is None:
        raise CannotUndo(f"{line.number} ({choice.what}) cannot be taken back: {choice.cannot}", choice.hint)
    return choice


def undo(
    context: Context, number: int | None = None, *, dry_run: bool = False, progress: Progress = no_progress
) -> Undone:
    """Take an operation back, or do it again when `number` is an undo.

    It is logged first; what it does is logged with the same time. Killed anywhere, data is whole in one
    place and undo can be run again. Raises CannotUndo, SlotBusy, Locked and what the operations raise.
    """
    if dry_run:
        return _undone(choose(context, number), None, (), dry_run=True)
    with acquire(os.path.join(context.store.root, "undo.lock"), wait=PATIENCE):
        choice = choose(context, number)
        log = _Log(context)
        line = log.line(choice.number)
        plan = log.plan(line)
        assert isinstance(plan, Plan)
        at = context._replace(clock=StoppedClock(context.clock))
        _refuse_holders(at, plan)
        of = {"time": line.operation.time, "verb": line.operation.verb}
        detail: dict[str, Any] = {"of": of, "what": f"{choice.number} {choice.what}"}
        journal.record(
            at.store, journal.Operation(at.clock.now(), "undo", at.repo.worktree, None, "undo", detail)
        )
        notices = plan.run(at, progress)
        return _undone(choice, _number_of(at), notices, dry_run=False)


def _number_of(at: Context) -> int | None:
    """The place in the log of the undo that was made at the context's time."""
    lines, now = undo_history.read(journal.read(at.store)), at.clock.now()
    made = [line.number for line in lines if line.operation.verb == "undo" and line.operation.time == now]
    return made[-1] if made else None


def _undone(choice: Choice, written: int | None, notices: tuple[str, ...], *, dry_run: bool) -> Undone:
    assert choice.does is not None
    return Undone(choice.number, choice.verb, choice.what, choice.does, written, notices, dry_run)


def _refuse_holders(context: Context, plan: Plan) -> None:
    """Look before anything is logged; who comes later is refused by the operation itself. Raises SlotBusy."""
    for slot in plan.slots:
        if Facts(context).has_slot(slot):
            quiet.hold_quiet(context.store, slot, context.repo.worktree, context.clock.now()).release()


class _Log:
    """The log's lines, what became of them, and plans to take them back."""

    def __init__(self, context: Context) -> None:
        self.lines: list[Logged] = undo_history.read(journal.read(context.store))
        self._facts = Facts(context)
        self._fates: dict[int, Fate] = undo_history.fates(self.lines, self._holds)

    def _holds(self, operation: journal.Operation) -> bool | None:
        verb = VERBS.get(operation.verb)
        try:
            return verb.holds(operation, self._facts) if verb else None
        except (KeyError, TypeError):
            return None

    def line(self, number: int) -> Logged:
        """Return one line. Raises CannotUndo."""
        if not 1 <= number <= len(self.lines):
            raise CannotUndo(f"the log has no operation {number}", LIST)
        return self.lines[number - 1]

    def newest(self) -> Logged:
        """Return the newest line that somebody asked for and that is in force. Raises CannotUndo."""
        for line in self.lines[::-1]:
            if line.operation.verb == "undo" or not self.concerns(line):
                continue
            if not undo_history.by_person(line.operation) or self._fates[line.number].is_undone:
                continue
            plan = self.plan(line)
            if isinstance(plan, Plan) or not plan.idle:
                return line
        raise CannotUndo("nothing is left that could be taken back", LIST)

    def concerns(self, line: Logged) -> bool:
        """Whether a line is of those that undo is about; of switches only what was asked for here."""
        operation = line.operation
        if line.part_of is not None:
            return False
        if operation.verb == "undo":
            return line.root in self._fates and line.number in self._fates[line.root].undos
        if operation.verb == "switch":
            return undo_history.by_person(operation) and operation.worktree == self._facts.worktree
        return operation.verb in VERBS

    def choice(self, line: Logged) -> Choice:
        """Say what taking a line back would do, or why it cannot be."""
        plan, operation = self.plan(line), line.operation
        what = in_words(operation)
        if operation.verb == "undo":
            what = f"undo of {line.root}: {in_words(self.lines[line.root - 1].operation)}"
        does = plan.does if isinstance(plan, Plan) else None
        cannot, hint = (plan.reason, plan.hint) if isinstance(plan, Cannot) else (None, "")
        warnings = plan.warnings if isinstance(plan, Plan) else ()
        return Choice(
            line.number, rfc3339(operation.time), operation.verb, what, operation.cause,
            operation.worktree, does, cannot, hint, warnings,
        )  # fmt: skip

    def plan(self, line: Logged) -> Plan | Cannot:
        """Plan to take a line back, or to do again what an undo took back."""
        if line.part_of is not None:
            return Cannot(f"it is a part of {line.part_of}", f"take that back: wagit undo {line.part_of}")
        root = self.lines[line.root - 1].operation
        verb, fate = VERBS.get(root.verb), self._fates.get(line.root)
        if verb is None or fate is None:
            return Cannot(f"`{root.verb}` is nothing that undo takes back")
        wrong = _out_of_turn(line, fate, self.lines)
        if wrong is not None:
            return wrong
        do = verb.again if line.operation.verb == "undo" and not line.again else verb.back
        try:
            return do(fate.operation, self._facts)
        except (KeyError, TypeError):
            return Cannot("the log does not tell enough about it")


def _out_of_turn(line: Logged, fate: Fate, lines: list[Logged]) -> Cannot | None:
    """Why it is not this line's turn: it is taken back already, or another one on its slots came later."""
    last = fate.undos[-1] if fate.undos else None
    if line.operation.verb == "undo":
        if line.number not in fate.undos:
            return Cannot("it was cut short before it did anything")
        if last != line.number:
            return Cannot(f"{last} came after it", f"take that back instead: wagit undo {last}")
    elif fate.is_undone:
        return Cannot(f"{last} has taken it back", f"to do it again: wagit undo {last}")
    if fate.blocker is not None:
        what = in_words(lines[fate.blocker - 1].operation)
        hint = f"take that back first: wagit undo {fate.blocker}"
        return Cannot(f"{fate.blocker} ({what}) came after it on the same slot", hint)
    return None
