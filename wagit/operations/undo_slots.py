"""Take back `sessions new`, `rename` and `rm`: the slots' names."""

from __future__ import annotations

import os

from wagit.core import journal
from wagit.core.atomic import rename_durably
from wagit.core.journal import Operation
from wagit.operations import sessions
from wagit.operations.context import Context
from wagit.operations.undo_plan import Cannot, Facts, Plan, Verb, evident
from wagit.slots import records
from wagit.snapshots.reading import Progress


def _rename_back(operation: Operation, facts: Facts) -> Plan | Cannot:
    return _renaming(operation.detail["to"], operation.detail["from"], facts, "back to ")


def _rename_again(operation: Operation, facts: Facts) -> Plan | Cannot:
    return _renaming(operation.detail["from"], operation.detail["to"], facts, "to ")


def _renaming(old: str, new: str, facts: Facts, word: str) -> Plan | Cannot:
    """An empty slot that has the name, as a rule makes one, is no obstacle: `rename` sets it aside."""
    if not facts.has_slot(old):
        is_there = facts.has_slot(new)
        return Cannot(f"slot {old} is not there any more", idle=is_there and facts.has_data(new))
    if facts.has_data(new):
        return Cannot(f"there is a slot {new} with data now", f"set it aside first: wagit sessions rm {new}")

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return sessions.rename(context, old, new)

    return Plan(f"rename slot {old} {word}{new}", (old,), run)


def _put_back(operation: Operation, facts: Facts) -> Plan | Cannot:
    slot, place = operation.detail["slot"], operation.detail["to"]
    if not facts.is_there(place):
        return Cannot(f"{place} is not there any more", idle=facts.has_slot(slot))
    if facts.has_data(slot):
        hint = f"give it another name first: wagit sessions rename {slot} NEW"
        return Cannot(f"there is another slot {slot} with data now", hint)

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return put_back(context, slot, place)

    return Plan(f"put slot {slot} back in its place", (slot,), run)


def put_back(context: Context, slot: str, place: str) -> tuple[str, ...]:
    """Rename a slot from quarantine to its name, which no slot with data may have.

    One rename: a crash leaves it in quarantine or in its place. Raises SlotBusy, SlotExists, OSError.
    """
    if records.exists(context.store, slot):
        sessions.remove(context, slot)
    now = context.clock.now()
    detail = {"slot": slot, "from": place}
    journal.record(context.store, Operation(now, "put-back", context.repo.worktree, None, "undo", detail))
    os.makedirs(context.store.slots(), mode=0o700, exist_ok=True)
    try:
        rename_durably(place, context.store.slot(slot))
    except OSError as error:
        if records.exists(context.store, slot):  # a hook has made it just now
            raise records.SlotExists(f"slot {slot} was made anew meanwhile", "run it again") from error
        raise
    return ()


def _remove_again(operation: Operation, facts: Facts) -> Plan | Cannot:
    return _removing(operation.detail["slot"], facts)


def _new_back(operation: Operation, facts: Facts) -> Plan | Cannot:
    slot = operation.detail["slot"]
    if facts.has_data(slot):
        return Cannot(f"slot {slot} has data now", f"to set it aside: wagit sessions rm {slot}")
    return _removing(slot, facts)


def _new_again(operation: Operation, facts: Facts) -> Plan | Cannot:
    slot = operation.detail["slot"]
    if facts.has_slot(slot):
        return Cannot(f"there is a slot {slot}", idle=True)

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        sessions.new(context, slot)
        return ()

    return Plan(f"make slot {slot}", (), run)


def _removing(slot: str, facts: Facts) -> Plan | Cannot:
    if not facts.has_slot(slot):
        return Cannot(f"slot {slot} is not there any more", idle=True)

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return (f"slot {slot} is set aside in {sessions.remove(context, slot)}",)

    return Plan(f"set slot {slot} aside", (slot,), run)


VERBS: dict[str, Verb] = {
    "rename": evident(_rename_back, _rename_again),
    "remove": evident(_put_back, _remove_again),
    "new": evident(_new_back, _new_again),
}
