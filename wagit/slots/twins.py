"""Twins: slots with one identity, as a copy makes them. WhatsApp allows a login one writer, wherever it lies.

Two twins never run at once. Who starts one holds its lock, for as long as its bot runs, before it looks
whether a twin's lock is held; of two that start in the same moment the later look therefore sees the
earlier lock. Both may see each other, and then neither starts; that both start cannot be.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from wagit.core.store import Store
from wagit.drivers import registry
from wagit.integrity.identity import Identity
from wagit.slots import holding, records
from wagit.slots.records import SlotRecord


class TwinBusy(holding.SlotBusy):
    """Another slot with the same login is in use."""

    code = "twin-busy"


class Twin(NamedTuple):
    """A slot with the same login, and its record."""

    slot: str
    record: SlotRecord


def refuse(store: Store, slot: str, identity: Identity, worktree: str) -> list[Twin]:
    """Return the twins of `slot`, which must be held. Raises TwinBusy when a bot runs on one of them.

    One that only keeps a browser warm is asked to let go. Costs one small file a slot, and more only where a
    slot is held or its login is not known yet.
    """
    found = []
    for other in records.slot_names(store):
        record = _record(store, other) if other != slot else None
        if record is None or not _is_login(store, other, record, identity):
            continue
        _refuse_running(store, slot, other, worktree)
        found.append(Twin(other, record))
    return found


def others(store: Store, slot: str, identity: Identity) -> list[str]:
    """The other slots that hold that login, as far as they can be read: for telling, not for refusing."""
    found = []
    for other in records.slot_names(store):
        record = _record(store, other) if other != slot else None
        with contextlib.suppress(OSError):
            if record is not None and _is_login(store, other, record, identity):
                found.append(other)
    return found


def logins(store: Store) -> dict[str, Identity]:
    """Whose login each slot holds, by its record, or by its data where that has not been noted yet."""
    found = {}
    for slot in records.slot_names(store):
        record = _record(store, slot)
        if record is None or records.is_empty(store, slot):
            continue
        identity = registry.get(record.driver).identity(store.data(slot)) if record.account is None else None
        if record.account is not None and record.device is not None:
            identity = Identity(record.account, record.device)
        if identity is not None:
            found[slot] = identity
    return found


def newer(twins: list[Twin], record: SlotRecord) -> Twin | None:
    """The twin that was opened after the slot of `record` was: its keys are ahead of the slot's."""
    ahead = max(twins, key=lambda twin: twin.record.newest_generation, default=None)
    return ahead if ahead and ahead.record.newest_generation > record.newest_generation else None


def _record(store: Store, slot: str) -> SlotRecord | None:
    with contextlib.suppress(records.NoSuchSlot):  # removed just now
        return records.read_record(store, slot)
    return None


def _is_login(store: Store, slot: str, record: SlotRecord, identity: Identity) -> bool:
    """Whether a slot holds that login: by its data where the record may be behind, else by the record."""
    if records.is_empty(store, slot):
        return False
    may_be_behind = record.account is None or holding.holder(store, slot) is not None
    found = registry.get(record.driver).identity(store.data(slot)) if may_be_behind else None
    if found is not None:
        return found == identity
    return (record.account, record.device) == tuple(identity)


def _refuse_running(store: Store, slot: str, other: str, worktree: str) -> None:
    holder = holding.in_use_by(store, other)
    who = str(holder) if holder is not None else ""
    if holder is None:
        driver = registry.get(records.read_record(store, other).driver)
        for writer in driver.writers(store.data(other), worktree):
            who = str(writer)
    if who:
        raise TwinBusy(
            f"slot {other} has the same login as slot {slot} and is in use by {who}; WhatsApp allows one"
            " writer a login",
            "stop that one first, or use another slot: wagit use SLOT",
        )
