"""Take back what set a slot's data aside: the data and the directory in quarantine change places, and again.

The log has the inode of the directory that was set aside, so that it is found whatever name a crash left it.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from wagit.core import journal
from wagit.core.atomic import make_directory, rename_durably
from wagit.core.journal import Operation
from wagit.operations.clean import forgetting
from wagit.operations.context import Context
from wagit.operations.restore_choice import record_after
from wagit.operations.snapshot import Ask, take
from wagit.operations.undo_plan import Cannot, Facts, Plan
from wagit.slots import quarantine, quiet, records
from wagit.slots.records import SlotRecord
from wagit.slots.swap import swap
from wagit.snapshots.reading import Progress
from wagit.snapshots.scan import CannotSnapshot


def holds(operation: Operation, facts: Facts) -> bool | None:
    """Whether what was there before is set aside; None when it is neither there nor in its place."""
    slot, inode = operation.detail["slot"], operation.detail["inode"]
    if facts.inode(slot) == inode:
        return False
    return True if facts.set_aside(slot, inode) is not None else None


def back(operation: Operation, facts: Facts) -> Plan | Cannot:
    """Put back what was set aside, or empty a slot that was empty."""
    detail = operation.detail
    slot, named = detail["slot"], detail.get("aside")
    if not facts.has_slot(slot):
        return Cannot(f"slot {slot} is not there any more")
    if named is None:
        return _emptying(slot, facts)
    place = named if facts.is_there(named) else facts.set_aside(slot, detail.get("inode", 0))
    if place is None:
        return Cannot(f"what was set aside in {named} is not there any more")

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        line = {"slot": slot, "snapshot": None, "replaced": None, "aside": named}
        return _exchange(context, slot, place, line, detail.get("was") or {})

    return Plan(f"put what was set aside in {place} back into slot {slot}", (slot,), run)


def _emptying(slot: str, facts: Facts) -> Plan | Cannot:
    if not facts.has_data(slot):
        return Cannot(f"slot {slot} is empty, as it was before", idle=True)

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return empty(context, slot)

    return Plan(f"empty slot {slot}, as it was, and set its data aside", (slot,), run)


def can_be_exchanged(operation: Operation, facts: Facts) -> bool:
    """Whether what was put into the slot lies in quarantine now."""
    detail = operation.detail
    known = detail.get("aside") is not None and detail.get("inode") is not None
    return known and facts.inode(detail["slot"]) == detail["inode"] and facts.is_there(detail["aside"])


def again(operation: Operation, facts: Facts) -> Plan | Cannot:
    """Set the data aside once more for what had taken its place."""
    detail = operation.detail
    slot, place = detail["slot"], detail["aside"]

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return _exchange(context, slot, place, detail, _after(operation, facts))

    return Plan(f"put what is in {place} into slot {slot} again, and set its data aside", (slot,), run)


def _after(operation: Operation, facts: Facts) -> dict[str, Any]:
    """What the record tells of the data once the operation is done again."""
    slot, snapshot = operation.detail["slot"], operation.detail.get("snapshot")
    record = facts.record(slot)
    if operation.verb == "clean":
        return forgetting(record)._asdict()
    wanted = facts.snapshot(slot, snapshot) if snapshot is not None else None
    return record_after(record, wanted.header)._asdict() if wanted is not None else {}


def _exchange(
    context: Context, slot: str, place: str, line: dict[str, Any], known: dict[str, Any]
) -> tuple[str, ...]:
    """Let a slot's data and the directory `place` change places; `known` of the record is true then.

    A crash leaves the old data or the new in the slot, and the other in quarantine. Raises SlotBusy, OSError.
    """
    store, now = context.store, context.clock.now()
    with quiet.hold_quiet(store, slot, context.repo.worktree, now, brief=True):
        journal.record(store, Operation(now, "restore", context.repo.worktree, None, "undo", line))
        if place != line["aside"]:  # a crash left it beside its name
            rename_durably(place, line["aside"])
        records.write_record(store, slot, _with(records.read_record(store, slot), known))
        make_directory(store.data(slot))
        swap(store, slot, line["aside"])
    return (f"what was in slot {slot} is in {line['aside']} now",)


def _with(record: SlotRecord, known: dict[str, Any]) -> SlotRecord:
    fields = {key: known[key] for key in known if key in SlotRecord._fields}
    return record._replace(**fields | {"newest": record.newest_generation})


def empty(context: Context, slot: str) -> tuple[str, ...]:
    """Set a slot's data aside, snapshotted as far as it can be read. Raises SlotBusy, OSError."""
    store, now = context.store, context.clock.now()
    with quiet.hold_quiet(store, slot, context.repo.worktree, now, brief=True):
        replaced = None
        with contextlib.suppress(CannotSnapshot):  # it goes to quarantine as it is
            replaced = take(context.repo, store, slot, Ask("restore", now, held=True)).snapshot.id
        place = quarantine.free_place(store, slot, now)
        detail = {"slot": slot, "snapshot": None, "replaced": replaced, "aside": place}
        journal.record(store, Operation(now, "restore", context.repo.worktree, None, "undo", detail))
        os.mkdir(place, mode=0o700)
        swap(store, slot, place)
    return (f"what was in slot {slot} is in {place} now",)
