"""What this machine knows of a shared slot: its own lease, whose it watches, what the data is based on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from wagit.core.atomic import atomic_write
from wagit.core.boot_clock import BootClock
from wagit.core.locks import Locked
from wagit.core.processes import host_name
from wagit.core.store import Store
from wagit.team import access, values
from wagit.team.leases import Held

_T = TypeVar("_T")


class Own(NamedTuple):
    """A lease that this store took, or was about to take: the head tells whether it has it still.

    It surely lasts `until`, in seconds of the boot clock, in this very `boot` (0: unknown). `place` is where
    the store lay then: a copy of the store holds no lease.
    """

    id: str
    fence: int
    until: float
    boot: str
    place: str


class Watched(NamedTuple):
    """What was seen of somebody's lease, unchanged `since`, in seconds of the boot clock, in this `boot`."""

    mark: str
    since: float
    boot: str


class Base(NamedTuple):
    """The push that the slot's data comes from, or was pushed as: its number, and its index's blob's name."""

    number: int
    digest: str


class State(NamedTuple):
    """All of it. `highest` is the greatest number of a push and `fence` the greatest of a lease ever seen.

    `unpushed`: a session was run here and not pushed yet. `ready`: the id of the lease under which the
    slot's data was brought up to date, so that a start goes on with it asking nobody.
    """

    own: Own | None = None
    watched: Watched | None = None
    base: Base | None = None
    highest: int = 0
    fence: int = 0
    unpushed: bool = False
    ready: str = ""


def read(store: Store, slot: str) -> State:
    """What is known; nonsense in the file counts as nothing known."""
    return _state(_read(store, slot))


def update(store: Store, slot: str, change: Callable[[State], State]) -> State:
    """Change what is known, durably, one process at a time, and return what it is then.

    A crash leaves the old or the new. What a newer wagit has in the file stays. Raises OSError, Locked.
    """
    with access.alone(_path(store, slot)):
        raw = _read(store, slot)
        old = _state(raw)
        new = change(old)
        if new != old or not raw:
            atomic_write(_path(store, slot), json.dumps({**raw, **_document(new)}).encode() + b"\n")
    return new


def note_own(store: Store, slot: str, own: Own) -> None:
    """Keep a lease of ours. Raises OSError, Locked."""
    update(store, slot, lambda known: known._replace(own=own, fence=max(known.fence, own.fence)))


def prolong(store: Store, held: Held) -> None:
    """Keep until when our renewed lease lasts, unless it is being given back meanwhile.

    Only a start without network needs it: a full disk ends no bot.
    """

    def change(known: State) -> State:
        own = known.own
        if own is None or not _is(own, held) or own.until <= 0:
            return known
        return known._replace(own=own._replace(until=held.until))

    with contextlib.suppress(OSError, Locked):
        update(store, held.slot, change)


def doubt(store: Store, held: Held) -> None:
    """Count no more on a lease that is about to be given back. Raises OSError, Locked."""

    def change(known: State) -> State:
        own = known.own
        return known._replace(own=own._replace(until=0.0)) if own is not None and _is(own, held) else known

    update(store, held.slot, change)


def disown(store: Store, held: Held) -> None:
    """Forget a lease that is ours no more; where that fails, what the remote says counts."""

    def change(known: State) -> State:
        return known._replace(own=None) if known.own is not None and _is(known.own, held) else known

    with contextlib.suppress(OSError, Locked):
        update(store, held.slot, change)


def _is(own: Own, held: Held) -> bool:
    """Whether it is that very lease: Redis gives a later one to the same id, under a greater fence."""
    return (own.id, own.fence) == (held.id, held.fence)


def replaced(store: Store, slot: str) -> None:
    """What lies under the slot's name from now on is based on no push. Raises OSError, Locked."""
    if os.path.exists(_path(store, slot)):
        update(store, slot, lambda old: old._replace(base=None, ready=""))


def held(store: Store, slot: str, clock: BootClock) -> Held | None:
    """The lease that this store surely has, asking nobody, as without a network; None when not sure."""
    own = read(store, slot).own
    if own is None or own.boot != clock.boot() or own.place != place(store) or own.until <= clock.now():
        return None
    return Held(slot, own.id, own.fence, own.until)


def place(store: Store) -> str:
    """Where a store lies, so that its copy can be told from it: the machine and the directory's inode."""
    try:
        inode = os.stat(store.root).st_ino
    except OSError:
        inode = 0
    return f"{host_name()}:{inode}"


def _path(store: Store, slot: str) -> str:
    # In a directory apart, since a slot may be called `secrets`.
    return os.path.join(access.directory(store), "slots", f"{slot}.json")


def _read(store: Store, slot: str) -> dict[str, object]:
    try:
        with open(_path(store, slot), "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _document(state: State) -> dict[str, object]:
    parts = {"own": state.own, "watched": state.watched, "base": state.base}
    return {**state._asdict(), **{key: part and part._asdict() for key, part in parts.items()}}


def _state(raw: Mapping[str, object]) -> State:
    return State(
        _known(raw.get("own"), _own),
        _known(raw.get("watched"), _watched),
        _known(raw.get("base"), _base),
        _known(raw.get("highest"), values.natural) or 0,
        _known(raw.get("fence"), values.natural) or 0,
        raw.get("unpushed") is True,
        _known(raw.get("ready"), values.text) or "",
    )


def _known(value: object, read: Callable[[Any], _T]) -> _T | None:
    """A value that is what it should be; None for nonsense, and for one that is not there."""
    try:
        return read(value)
    except (ValueError, TypeError, KeyError):
        return None


def _own(part: Mapping[str, object]) -> Own:
    return Own(
        values.text(part["id"]), values.natural(part["fence"]), values.seconds(part["until"]),
        values.text(part["boot"]), values.text(part["place"]),
    )  # fmt: skip


def _watched(part: Mapping[str, object]) -> Watched:
    return Watched(values.text(part["mark"]), values.seconds(part["since"]), values.text(part["boot"]))


def _base(part: Mapping[str, object]) -> Base:
    return Base(values.natural(part["number"]), values.text(part["digest"]))
