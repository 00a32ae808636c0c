"""Take back `new: move:…`, `new: copy:…` and `sessions promote`: a session goes back as it is now.

A session that was moved is in one slot only: whatever happened to it since, going back it stays the newest.
"""

from __future__ import annotations

import contextlib
import os
from typing import Literal

from wagit.core.atomic import rename_durably
from wagit.core.journal import Operation
from wagit.operations import move, promote, restore
from wagit.operations.context import Context
from wagit.operations.undo_aside import empty
from wagit.operations.undo_plan import Cannot, Facts, Plan, Verb, evident
from wagit.operations.undo_slots import put_back
from wagit.slots import marker, quiet, records
from wagit.snapshots.reading import Progress

Mode = Literal["move", "copy"]


def _move_back(operation: Operation, facts: Facts) -> Plan | Cannot:
    source, target = operation.detail["from"], operation.detail["to"]
    if operation.detail.get("mode") == "copy":
        return _drop_copy(operation, facts)
    return _moving(target, source, "move", facts)


def _move_again(operation: Operation, facts: Facts) -> Plan | Cannot:
    mode: Mode = "copy" if operation.detail.get("mode") == "copy" else "move"
    return _moving(operation.detail["from"], operation.detail["to"], mode, facts)


def _moving(source: str, target: str, mode: Mode, facts: Facts) -> Plan | Cannot:
    if not facts.has_data(source):
        return Cannot(f"slot {source} has no session", idle=facts.has_data(target))
    if facts.has_data(target):
        return Cannot(f"slot {target} has data now", f"set it aside first: wagit sessions rm {target}")

    def run(context: Context, progress: Progress) -> tuple[str, ...]:
        carry(context, source, target, mode, progress)
        return ()

    return Plan(f"{mode} the session of slot {source}, as it is now, to slot {target}", (source, target), run)


def carry(context: Context, source: str, target: str, mode: Mode, progress: Progress) -> None:
    """Give an empty slot another one's session.

    The slot notes that first, so that a crash leaves it to the next command. Raises SlotBusy, CannotMove,
    OSError.
    """
    store = context.store
    records.create_slot(store, target, records.read_record(store, source).driver, context.clock.now())
    with quiet.hold_quiet(store, target, context.repo.worktree, context.clock.now(), brief=True):
        record = records.read_record(store, target)
        awaiting = record._replace(awaits=f"{mode}:{source}", generation=max(1, record.generation))
        records.write_record(store, target, awaiting)
    problem = move.fill(context, target, None, None, "undo", progress=progress).problem
    if problem is not None:
        records.write_record(store, target, record)
        raise problem


def _drop_copy(operation: Operation, facts: Facts) -> Plan | Cannot:
    source, copy = operation.detail["from"], operation.detail["to"]
    if not facts.has_data(copy):
        return Cannot(f"slot {copy} has no session any more", idle=True)
    record = facts.record(copy)
    if record.starts:
        kept = facts.snapshot(source, operation.detail.get("snapshot") or "")
        was = f", was {kept.header.generation}" if kept is not None else ""
        return Cannot(
            f"slot {copy} has been used since (generation {record.generation}{was}):"
            f" its session is newer than that of slot {source}",
            f"to have it there: wagit sessions promote {copy} --to {source}",
        )

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return empty(context, copy)

    return Plan(f"empty slot {copy} and set the copy aside", (copy,), run)


def _promote_back(operation: Operation, facts: Facts) -> Plan | Cannot:
    """What a killed one has done is not done again: then only what was replaced is still to come back."""
    source, target = operation.detail["from"], operation.detail["to"]
    place, snapshot = operation.detail.get("replaced_data"), operation.detail.get("replaced")
    before = os.path.join(place, "data") if place else None
    is_half_done = facts.has_data(source) and not facts.has_data(target)
    if is_half_done and not (before and facts.is_there(before)):
        return Cannot(f"slot {source} has its session", idle=True)
    wrong = None if is_half_done else _moving(target, source, "move", facts)
    if isinstance(wrong, Cannot):
        return wrong
    aside = operation.detail.get("aside")

    def run(context: Context, progress: Progress) -> tuple[str, ...]:
        if not is_half_done:
            if aside and facts.is_there(aside) and not facts.has_slot(source):
                put_back(context, source, aside)
            carry(context, target, source, "move", progress)
        _came_from(context, source, operation)
        if before and facts.is_there(before):
            _bring_data_back(context, target, before)
        elif snapshot:
            restore.restore(context, target, snapshot, progress=progress, cause="undo")
        return ()

    has_more = bool(snapshot or (before and facts.is_there(before)))
    does = "" if is_half_done else f"move the session of slot {target}, as it is now, to slot {source}"
    again = f"put back what slot {target} had" if has_more else ""
    return Plan(" and ".join(part for part in (does, again) if part), (target,), run)


def _came_from(context: Context, slot: str, promotion: Operation) -> None:
    """Note again where the slot's session came from before it was promoted."""
    origin, mode = promotion.detail.get("origin"), promotion.detail.get("origin_mode")
    if mode is not None:
        marker.put(context.repo)
    record = records.read_record(context.store, slot)
    records.write_record(context.store, slot, record._replace(origin=origin, origin_mode=mode))
    marker.take_away(context.repo, context.store)


def _bring_data_back(context: Context, slot: str, before: str) -> None:
    """Rename data from quarantine onto a slot's empty data. Raises SlotBusy, OSError (ENOTEMPTY)."""
    with quiet.hold_quiet(context.store, slot, context.repo.worktree, context.clock.now(), brief=True):
        rename_durably(before, context.store.data(slot))
        move.identified(context, slot)
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(before))


def _promote_again(operation: Operation, facts: Facts) -> Plan | Cannot:
    source, target = operation.detail["from"], operation.detail["to"]
    if not facts.has_data(source):
        return Cannot(f"slot {source} has no session", idle=facts.has_data(target))

    def run(context: Context, progress: Progress) -> tuple[str, ...]:
        return promote.promote(context, source, target, cause="undo", progress=progress).notices

    return Plan(f"move the session of slot {source}, as it is now, to slot {target}", (source,), run)


VERBS: dict[str, Verb] = {
    "move": evident(_move_back, _move_again),
    "promote": evident(_promote_back, _promote_again),
}
