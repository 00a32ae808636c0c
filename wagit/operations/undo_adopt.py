"""Take back `sessions adopt`: the session goes back to where it was, as it is now."""

from __future__ import annotations

import os

from wagit.core import journal
from wagit.core.atomic import rename_durably
from wagit.core.journal import Operation
from wagit.drivers import registry
from wagit.operations import adopt
from wagit.operations.context import Context
from wagit.operations.undo_plan import Cannot, Facts, Plan, Verb, evident
from wagit.slots import quiet, records
from wagit.snapshots.reading import Progress


def _back(operation: Operation, facts: Facts) -> Plan | Cannot:
    slot, place = operation.detail["slot"], operation.detail["from"]
    source = operation.detail.get("to") or facts.data(slot)
    reason = _reason(slot, source, place, facts)
    if reason is not None:
        return reason

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return give_back(context, slot, source, place)

    return Plan(f"move the session of slot {slot} back to {place}", (slot,), run)


def _reason(slot: str, source: str, place: str, facts: Facts) -> Cannot | None:
    """Why the session cannot go back; its link to the slot is no obstacle."""
    if not facts.has_slot(slot):
        return Cannot(f"slot {slot} is not there any more")
    is_free = not facts.is_there(place) or facts.leads_into(place, slot)
    if not (facts.has_data(slot) if source == facts.data(slot) else facts.is_there(source)):
        return Cannot(f"slot {slot} has no session any more", idle=not is_free)
    if not is_free and not facts.is_same_file(place, source):  # a killed one leaves an SQLite file in both
        return Cannot(f"there is something at {place} now", "move that away, then run it again")
    return _unfit(source, os.path.dirname(place), facts)


def _unfit(source: str, parent: str, facts: Facts) -> Cannot | None:
    """Why a session cannot be moved into the directory `parent`."""
    if not os.path.isdir(parent):
        return Cannot(f"the directory {parent} is not there any more", "make it, then run it again")
    if facts.is_in_store(parent):
        return Cannot(f"{parent} leads into a slot now")
    if not facts.is_device_shared(source, parent):
        hint = f"copy it yourself: cp -a {source} {parent}"
        return Cannot(f"{parent} is on another file system than the store now", hint)
    return None


def give_back(context: Context, slot: str, source: str, place: str) -> tuple[str, ...]:
    """Move a session out of its slot, which is empty then, to `place`, which must be free or its link.

    Killed at any point, it is whole in the slot or at `place`. Raises SlotBusy, CannotAdopt, OSError.
    """
    store, now = context.store, context.clock.now()
    with quiet.hold_quiet(store, slot, context.repo.worktree, now):
        detail = {"slot": slot, "to": place}
        journal.record(store, Operation(now, "give-back", context.repo.worktree, None, "undo", detail))
        if os.path.islink(place):
            os.unlink(place)
        if os.path.isdir(source):
            rename_durably(source, place)
        else:
            adopt.move_file(source, place, slot)
        os.makedirs(store.data(slot), mode=0o700, exist_ok=True)
        record = records.read_record(store, slot)
        records.write_record(store, slot, record._replace(account=None, device=None, last_ready=None))
    return ()


def _again(operation: Operation, facts: Facts) -> Plan | Cannot:
    slot, place = operation.detail["slot"], operation.detail["from"]
    if not facts.is_there(place) or os.path.islink(place):
        return Cannot(f"{place} is not there any more", idle=facts.has_data(slot))
    if facts.has_data(slot) and operation.detail.get("to") in (None, facts.data(slot)):
        return Cannot(f"slot {slot} has data now")
    driver = registry.get(facts.record(slot).driver)

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        adopt.adopt(context, slot, place, driver.name)
        return ()

    return Plan(f"move {place} into slot {slot}", (slot,), run)


VERBS: dict[str, Verb] = {"adopt": evident(_back, _again)}
