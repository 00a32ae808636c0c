"""Take back `use`: pin the slot that was pinned, or follow the branch again."""

from __future__ import annotations

from wagit.core.journal import Operation
from wagit.operations import use
from wagit.operations.context import Context
from wagit.operations.undo_plan import Cannot, Facts, Plan, Verb
from wagit.snapshots.reading import Progress


def _back(operation: Operation, facts: Facts) -> Plan | Cannot:
    detail = operation.detail
    return _using(operation, facts, detail.get("from"), pinned=bool(detail.get("was_pinned")))


def _again(operation: Operation, facts: Facts) -> Plan | Cannot:
    detail = operation.detail
    return _using(operation, facts, detail.get("to"), pinned=bool(detail.get("pinned")))


def _using(operation: Operation, facts: Facts, slot: str | None, *, pinned: bool) -> Plan | Cannot:
    if operation.worktree != facts.worktree:
        return Cannot(
            f"it is of the worktree {operation.worktree}", f"run it there: wagit -C {operation.worktree} undo"
        )
    now = facts.binding()
    if not pinned:
        if now is not None and not now.pinned:
            return Cannot("the worktree follows its branch", idle=True)
        return Plan("follow the branch again", (), _follow)
    if slot is None or not facts.has_slot(slot):
        return Cannot(f"slot {slot} is not there any more")
    if now is not None and now.pinned and now.slot == slot:
        return Cannot(f"the worktree is pinned to slot {slot}", idle=True)

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        return use.pin(context, slot, "undo").notices

    return Plan(f"pin this worktree to slot {slot}", (), run)


def _follow(context: Context, _: Progress) -> tuple[str, ...]:
    return use.unpin(context, "undo").notices


def _unknown(_: Operation, __: Facts) -> bool | None:
    """A switch is logged once it is done."""
    return None


VERBS: dict[str, Verb] = {"switch": Verb(_back, _again, _unknown)}
