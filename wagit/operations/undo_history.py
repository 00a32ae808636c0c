"""The log as `undo` sees it: what was taken back, what was done again since, and what stands in the way.

Pure. An undo is one line `undo`, written first, and the lines of what it does, its parts, which have the
same time and worktree. Undos of an operation take turns: the first takes it back, an undo of that one does
it again, and so on, so that it is taken back when there is an odd number of them.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from wagit.core.journal import Operation

# Operations that change what is in slots, and the details that name these.
SLOTS = {
    "restore": ("slot",),
    "clean": ("slot",),
    "repair": ("slot",),
    "adopt": ("slot",),
    "remove": ("slot",),
    "rename": ("from", "to"),
    "move": ("from", "to"),
    "promote": ("from", "to"),
}
ASKED = ("use", "use --auto")  # causes of switches, and what comes with them, that somebody asked for
AUTOMATIC = ("hook", "merge", "run", "automatic")  # first words of causes that nobody asked for


class Logged(NamedTuple):
    """A line of the log. `number` is its place, from 1, and never changes.

    Of an undo, `root` is the operation that it takes back, or does again when `again`; of any other it is
    the line itself. `part_of` is the line of which it is a part: an undo, the first one of a prune of
    several slots, a rename that set an empty slot aside.
    """

    number: int
    operation: Operation
    root: int
    again: bool = False
    part_of: int | None = None


class Fate(NamedTuple):
    """What became of an operation.

    `operation` has the details of when it was last done; `undos` are the undos about it that took effect;
    `blocker` is the newest later operation on the same slots, which must be taken back before; one that
    failed or was killed before it did anything is none.
    """

    operation: Operation
    undos: tuple[int, ...]
    blocker: int | None

    @property
    def is_undone(self) -> bool:
        """Whether it is taken back now."""
        return len(self.undos) % 2 == 1


Holds = Callable[[Operation], bool | None]


def read(operations: Iterable[Operation]) -> list[Logged]:
    """Number the log's lines and see which belong together."""
    logged: list[Logged] = []
    places: dict[tuple[float, str], int] = {}
    undos: dict[tuple[float, str], int] = {}
    for number, operation in enumerate(operations, 1):
        line = Logged(number, operation, number)
        moment = (operation.time, operation.worktree)
        if operation.verb == "undo":
            undos[moment] = number
            target = places.get(_named(operation.detail), number)
            about = logged[target - 1] if target < number else line
            line = line._replace(root=about.root, again=about.operation.verb == "undo" and not about.again)
        elif moment in undos:
            line = line._replace(part_of=undos[moment])
        elif _goes_on(logged, line):
            line = _merge(logged, line)
        elif _made_room(logged, line):
            logged[-1] = logged[-1]._replace(part_of=number)
        if line.part_of is None:
            places[operation.time, operation.verb] = number
        logged.append(line)
    return logged


def _goes_on(logged: list[Logged], line: Logged) -> bool:
    """Whether a prune of several slots goes on: it has a line for each."""
    last = logged[-1].operation if logged else None
    one = line.operation
    return (
        last is not None
        and one.verb == last.verb == "prune"
        and (one.time, one.worktree, one.cause) == (last.time, last.worktree, last.cause)
    )


def _made_room(logged: list[Logged], line: Logged) -> bool:
    """Whether the line before set an empty slot aside whose name a rename wants."""
    last = logged[-1].operation if logged and logged[-1].part_of is None else None
    return (
        last is not None
        and (last.verb, line.operation.verb) == ("remove", "rename")
        and (last.worktree, last.detail.get("slot"))
        == (line.operation.worktree, line.operation.detail.get("to"))
    )


def _merge(logged: list[Logged], line: Logged) -> Logged:
    """Add a line's details to those of the first line of its operation."""
    first = logged[-1].part_of or logged[-1].number
    whole = logged[first - 1].operation
    also = [*whole.detail.get("also", ()), line.operation.detail]
    logged[first - 1] = logged[first - 1]._replace(
        operation=whole._replace(detail={**whole.detail, "also": also})
    )
    return line._replace(part_of=first)


def _named(detail: dict[str, Any]) -> tuple[float, str]:
    of = detail.get("of")
    return (of.get("time", 0.0), of.get("verb", "")) if isinstance(of, dict) else (0.0, "")


def fates(logged: Sequence[Logged], holds: Holds) -> dict[int, Fate]:
    """Tell what became of each operation, by number.

    `holds` looks whether an operation is in force, or evidently not, or None when that cannot be seen: an
    undo that was killed before it did anything has not taken effect. It is asked only about an operation or
    its last undo, with nothing later on the same slots.
    """
    return _Fates(logged, holds).found


class _Fates:
    """The log, read from its end."""

    def __init__(self, logged: Sequence[Logged], holds: Holds) -> None:
        self.found: dict[int, Fate] = {}
        self._logged = logged
        self._holds = holds
        self._parts = _parts(logged)
        self._latest = _latest(logged, self._parts)
        self._undos: dict[int, list[int]] = collections.defaultdict(list)  # newest first
        self._touched: dict[str, int] = {}
        self._renamed: dict[str, int] = {}
        for line in reversed(logged):
            if line.part_of is None:
                self._look_at(line)

    def _look_at(self, line: Logged) -> None:
        root = self._logged[line.root - 1].operation
        later = self._renamed if root.verb == "prune" else self._touched
        blocker = max((later[slot] for slot in slots_of(root) if slot in later), default=None)
        if line.operation.verb != "undo":
            undos = tuple(reversed(self._undos[line.number]))
            fate = Fate(self._latest.get(line.number, root), undos, blocker)
            self.found[line.number] = fate
            if not fate.is_undone and not self._is_void(fate):
                self._touch(line.number, fate.operation)
        elif self._parts[line.number] and self._took_effect(line, root, blocker):
            self._undos[line.root].append(line.number)

    def _is_void(self, fate: Fate) -> bool:
        """Whether a logged operation evidently did nothing: its disk was full, or it was killed."""
        asked = fate.operation.verb in SLOTS and not fate.undos and fate.blocker is None
        return asked and self._holds(fate.operation) is False

    def _touch(self, number: int, operation: Operation) -> None:
        for slot in slots_of(operation) if operation.verb in SLOTS else ():
            self._touched.setdefault(slot, number)
            if operation.verb == "rename":
                self._renamed.setdefault(slot, number)

    def _took_effect(self, line: Logged, root: Operation, blocker: int | None) -> bool:
        """Of two undos in a row that do the same, the first was cut short."""
        newer = self._undos[line.root]
        if newer:
            return self._logged[newer[-1] - 1].again != line.again
        return blocker is not None or self._holds(self._latest.get(line.root, root)) in (None, line.again)


def _parts(logged: Sequence[Logged]) -> dict[int, list[Operation]]:
    parts: dict[int, list[Operation]] = collections.defaultdict(list)
    for line in logged:
        if line.part_of is not None:
            parts[line.part_of].append(line.operation)
    return parts


def undone_by(logged: Sequence[Logged]) -> dict[int, int]:
    """The undo that took each operation back, by numbers, as far as the log alone tells."""
    found = fates(logged, lambda _: None)
    return {number: fate.undos[-1] for number, fate in found.items() if fate.is_undone}


def _latest(logged: Sequence[Logged], parts: dict[int, list[Operation]]) -> dict[int, Operation]:
    """Operations that were done again, with the details of the last time."""
    found = {}
    for line in logged:
        if line.again:
            verb = logged[line.root - 1].operation.verb
            for part in parts[line.number]:
                if part.verb == verb and verb in SLOTS:
                    found[line.root] = part
    return found


def slots_of(operation: Operation) -> tuple[str, ...]:
    """The slots that an operation is about, as far as other operations on them matter to it."""
    names = ("slot",) if operation.verb == "prune" else SLOTS.get(operation.verb, ())
    return tuple(str(operation.detail.get(name)) for name in names)


def by_person(operation: Operation) -> bool:
    """Whether somebody asked for it, rather than a hook or a running bot."""
    if operation.verb in ("switch", "move"):
        return operation.cause in ASKED
    return operation.cause.partition(" ")[0] not in AUTOMATIC


def in_words(operation: Operation) -> str:
    """An operation in a few words: `rename dev -> develop`."""
    detail = operation.detail
    if operation.verb == "undo":
        return f"undo {_named(detail)[1]}"
    if operation.verb == "switch":
        return f"use {detail.get('to')}{' (pinned)' if detail.get('pinned') else ''}"
    if operation.verb in ("rename", "move", "promote"):
        return f"{operation.verb} {detail.get('from')} -> {detail.get('to')}"
    return f"{operation.verb} {detail.get('slot', '')}".rstrip()
