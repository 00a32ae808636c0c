"""What wagit keeps about a slot beside its data, in `slot.json`. Stdlib only: the hook makes slots."""

from __future__ import annotations

import json
import os
from typing import Literal, NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.errors import WagitError
from wagit.core.store import Store

Mode = Literal["move", "copy"]


class NoSuchSlot(WagitError):
    """No slot has that name."""

    code = "no-such-slot"


class SlotExists(WagitError):
    """A slot of that name is there already."""

    code = "slot-exists"


class SlotRecord(NamedTuple):
    """The record of one slot; times in seconds since the epoch.

    `generation` counts how often the session was opened for writing, `starts` how many bots did it.
    `account` and `device` are the identity when it was last read from the data. `newest` is the greatest
    generation that the slot's data had before an older snapshot was restored over it. `origin` is the slot
    that this one's session came from, moved or copied. `awaits` (`move:dev`) says where it is still to come
    from, while the slot is empty and no bot has opened it. `removed` is the login (`<account>:<device>`) that
    WhatsApp logged out for good, `removed_at` when that was seen: a copy of it is of no use.
    """

    driver: str
    created: float
    account: str | None = None
    device: str | None = None
    generation: int = 0
    last_ready: float | None = None
    starts: int = 0
    browser: str | None = None
    newest: int = 0
    origin: str | None = None
    origin_mode: Mode | None = None
    awaits: str | None = None
    removed: str | None = None
    removed_at: float | None = None

    @property
    def newest_generation(self) -> int:
        """The greatest generation ever: what has a smaller one rolls the login's keys back."""
        return max(self.generation, self.newest)

    def opened(self) -> SlotRecord:
        """The record once a bot opens the data: its generation is greater than any before."""
        return self._replace(generation=self.newest_generation + 1, starts=self.starts + 1, awaits=None)


def read_record(store: Store, slot: str) -> SlotRecord:
    """Read a slot's record; one that is missing or damaged counts as new. Raises NoSuchSlot."""
    try:
        with open(_path(store, slot), "rb") as file:
            known = json.loads(file.read())
            return SlotRecord(**{key: known[key] for key in SlotRecord._fields if key in known})
    except (FileNotFoundError, ValueError, TypeError):
        if not os.path.isdir(store.slot(slot)):
            raise NoSuchSlot(f"there is no slot {slot!r}", "list them: wagit sessions ls") from None
        return SlotRecord(driver="generic", created=0.0)


def write_record(store: Store, slot: str, record: SlotRecord) -> None:
    """Replace a slot's record atomically. Raises OSError."""
    atomic_write(_path(store, slot), json.dumps(record._asdict()).encode() + b"\n")


def slot_names(store: Store) -> list[str]:
    """Return the names of all slots in order."""
    try:
        return sorted(entry.name for entry in os.scandir(store.slots()) if not entry.name.startswith("."))
    except FileNotFoundError:
        return []


def has_guest(store: Store, slot: str) -> bool:
    """Whether another slot has its session from this one."""
    return any(read_record(store, other).origin == slot for other in slot_names(store))


def exists(store: Store, slot: str) -> bool:
    """Whether the slot is there."""
    return os.path.isdir(store.slot(slot))


def is_new(store: Store, slot: str) -> bool:
    """Whether the slot is not there, or was only half made by a killed process."""
    return not os.path.exists(_path(store, slot)) and is_empty(store, slot)


def may_get_session(store: Store, slot: str, new: str) -> bool:
    """Whether another slot's session may be due: for a new one as `new` says, else as its record does."""
    if is_new(store, slot):
        return new != "fresh"
    return read_record(store, slot).awaits is not None and is_empty(store, slot)


def is_empty(store: Store, slot: str) -> bool:
    """Whether nothing at all is in the slot's data."""
    try:
        return not os.listdir(store.data(slot))
    except FileNotFoundError:
        return True


def create_slot(store: Store, slot: str, driver: str, now: float, awaits: str | None = None) -> None:
    """Make an empty slot; one that is there, or half made by a killed process, is completed.

    An empty one gets the driver of whoever is to fill it: by the record's, writers and logins are found.
    """
    os.makedirs(store.data(slot), mode=0o700, exist_ok=True)
    if not os.path.exists(_path(store, slot)):
        write_record(store, slot, SlotRecord(driver=driver, created=now, awaits=awaits))
    elif not os.listdir(store.data(slot)):
        record = read_record(store, slot)
        if record.driver != driver:
            write_record(store, slot, record._replace(driver=driver))


def _path(store: Store, slot: str) -> str:
    return os.path.join(store.slot(slot), "slot.json")
