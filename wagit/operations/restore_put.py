"""Let prepared data take the place of a slot's, logged, and seal what was found whole before."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wagit.core import journal
from wagit.drivers import registry
from wagit.integrity.findings import Finding
from wagit.operations.context import Context
from wagit.operations.snapshot import selection_of
from wagit.slots import quarantine, records
from wagit.slots.inspect import has_files
from wagit.slots.quiet import refuse_writers
from wagit.slots.records import SlotRecord
from wagit.slots.swap import swap
from wagit.snapshots import seal as seals
from wagit.snapshots.seal import Seal

NO_MORE: Mapping[str, object] = {}


class Deed(NamedTuple):
    """What the log tells of it. `snapshot` is what the data becomes, `replaced` the one of what it was.

    `record` is the slot's record then, None where it stays; `more` are further details.
    """

    verb: str
    cause: str
    snapshot: str | None = None
    replaced: str | None = None
    record: SlotRecord | None = None
    more: Mapping[str, object] = NO_MORE


def put(
    context: Context,
    slot: str,
    prepared: str,
    deed: Deed,
    *,
    aside: bool,
    hint: str = "stop that program first",
) -> str | None:
    """Exchange the data of a slot, which must be held, with the durable directory `prepared`.

    With `aside` what was there goes to quarantine whole; returns where. Else it is at `prepared` then. Logged
    before: at worst what is there equals what undo would put back. Raises SlotBusy, with that hint, for a
    program that has the slot open, and OSError.
    """
    store, data, now = context.store, context.store.data(slot), context.clock.now()
    if not os.path.lexists(data):
        os.mkdir(data, mode=0o700)
    place = quarantine.free_place(store, slot, now) if aside and has_files(data) else None
    refuse_writers(store, slot, context.repo.worktree, hint)
    detail = {"slot": slot, "snapshot": deed.snapshot, "replaced": deed.replaced, "aside": place, **deed.more}
    if place is not None:
        detail |= {"inode": quarantine.inode_of(data), "was": _kept(records.read_record(store, slot))}
    journal.record(store, journal.Operation(now, deed.verb, context.repo.worktree, None, deed.cause, detail))
    if deed.record is not None:
        records.write_record(store, slot, deed.record)
    if place is None:
        swap(store, slot, prepared)
    else:
        quarantine.swap_aside(store, slot, prepared, place)
    return place


def _kept(record: SlotRecord) -> dict[str, object]:
    """What the record tells of the data itself: it comes back with it."""
    return {
        "account": record.account, "device": record.device, "browser": record.browser,
        "generation": record.generation, "last_ready": record.last_ready,
    }  # fmt: skip


def seal(context: Context, slot: str, findings: Iterable[Finding], snapshot: str | None) -> None:
    """Seal data that was found whole before it took its place, so that the next start need not read it.

    `findings` are the check's warnings; `snapshot` is one with the same contents. What keeps it from being
    sealed only costs time.
    """
    store, data = context.store, context.store.data(slot)
    selection = selection_of(registry.get(records.read_record(store, slot).driver), full=False)
    states = seals.states(data, selection)
    if states and not seals.is_settled(states):
        seals.settle(states)
        states = seals.states(data, selection)
    if states:
        found = Seal(context.clock.now(), 0, snapshot, states, tuple(findings))
        seals.affix(store, slot, found, selection)
