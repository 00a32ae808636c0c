"""Take back `restore` and what else replaces a slot's data, and `snapshots rm` and `prune`."""

from __future__ import annotations

from wagit.core import journal
from wagit.core.journal import Operation
from wagit.operations import restore, snapshots_rm, undo_aside
from wagit.operations.context import Context
from wagit.operations.restore_choice import Found, notices
from wagit.operations.undo_plan import Cannot, Facts, Plan, Verb, evident
from wagit.snapshots import aside as asides
from wagit.snapshots.reading import Progress

_MOST_NAMED = 3  # of snapshots, by id


def _restore_back(operation: Operation, facts: Facts) -> Plan | Cannot:
    slot, replaced = operation.detail["slot"], operation.detail.get("replaced")
    if _holds(operation, facts) is False:
        return Cannot(f"the data of slot {slot} is what it was before", idle=True)
    if replaced is not None:
        return _restoring(slot, replaced, facts, "which is what it replaced")
    return undo_aside.back(operation, facts)


def _restoring(slot: str, identifier: str, facts: Facts, why: str, *paths: str) -> Plan | Cannot:
    if not facts.has_snapshot(slot, identifier):
        pruned = "was pruned" if facts.can_be_brought_back(slot, identifier) else "is gone"
        return Cannot(f"snapshot {identifier} of slot {slot}, {why}, {pruned}")
    snapshot = facts.snapshot(slot, identifier)
    if snapshot is None:
        hint = f"see what is left of it: wagit snapshots show {slot} {identifier}"
        return Cannot(f"snapshot {identifier} of slot {slot}, {why}, is damaged", hint)

    def run(context: Context, progress: Progress) -> tuple[str, ...]:
        if paths:
            restore.restore_paths(context, slot, identifier, paths, progress=progress)
        else:
            restore.restore(context, slot, identifier, progress=progress, cause="undo")
        return ()

    warnings = notices(snapshot, Found(facts.record(slot)))
    return Plan(f"restore snapshot {identifier} of slot {slot}, {why}", (slot,), run, warnings)


def _restore_again(operation: Operation, facts: Facts) -> Plan | Cannot:
    slot, snapshot = operation.detail["slot"], operation.detail.get("snapshot")
    if undo_aside.can_be_exchanged(operation, facts):
        return undo_aside.again(operation, facts)
    if snapshot is None:
        return Cannot(f"what it made is not there any more; run it again: wagit {operation.verb} {slot}")
    paths = operation.detail.get("paths") or ()
    return _restoring(slot, snapshot, facts, "as before", *paths)


def _holds(operation: Operation, facts: Facts) -> bool | None:
    """By the directory, else by the files' sizes and times: those that were restored, or those before."""
    detail = operation.detail
    if detail.get("inode") is not None:
        return undo_aside.holds(operation, facts)
    slot, snapshot, replaced = detail["slot"], detail.get("snapshot"), detail.get("replaced")
    now, before = (facts.snapshot(slot, one) if one else None for one in (snapshot, replaced))
    if now is None or before is None:
        return None
    is_now, is_before = facts.is_as_in(slot, now), facts.is_as_in(slot, before)
    return None if is_now == is_before else is_now


def _prune_back(operation: Operation, facts: Facts) -> Plan | Cannot:
    pruned = _pruned(operation)
    waiting = [one for one in pruned if facts.can_be_brought_back(*one)]
    gone = [one for one in pruned if one not in waiting and not facts.has_snapshot(*one)]
    if not waiting:
        if not gone:
            return Cannot("its snapshots are all there", idle=True)
        for_good = operation.cause.endswith("--now")
        why = f"{'was' if len(gone) == 1 else 'were'} {'pruned for good' if for_good else 'collected since'}"
        return Cannot(f"{_named(gone)} {why}")

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        for slot in dict.fromkeys(slot for slot, _ in waiting):
            ids = [identifier for where, identifier in waiting if where == slot]
            now, detail = context.clock.now(), {"slot": slot, "snapshots": ids}
            line = Operation(now, "bring-back", context.repo.worktree, None, "undo", detail)
            journal.record(context.store, line)
            asides.bring_back(context.store, slot, *ids)
        return ()

    warnings = (f"{_named(gone)} {'was' if len(gone) == 1 else 'were'} collected since",) if gone else ()
    return Plan(f"bring back {_named(waiting)}", (), run, warnings)


def _prune_again(operation: Operation, facts: Facts) -> Plan | Cannot:
    there = [one for one in _pruned(operation) if facts.has_snapshot(*one)]
    if not there:
        return Cannot("its snapshots are not there any more", idle=True)

    def run(context: Context, _: Progress) -> tuple[str, ...]:
        for slot in dict.fromkeys(slot for slot, _ in there):
            ids = [identifier for where, identifier in there if where == slot]
            snapshots_rm.remove(context, slot, snapshots_rm.chosen(context, slot, ids))
        return ()

    return Plan(f"remove {_named(there)}", (), run)


def _pruned(operation: Operation) -> list[tuple[str, str]]:
    """Slot and id of each snapshot that went."""
    details = [operation.detail, *operation.detail.get("also", ())]
    return [(one["slot"], identifier) for one in details for identifier in one["snapshots"]]


def _named(snapshots: list[tuple[str, str]]) -> str:
    if len(snapshots) > _MOST_NAMED:
        slots = ", ".join(dict.fromkeys(slot for slot, _ in snapshots))
        return f"{len(snapshots)} snapshots of {slots}"
    ids = ", ".join(f"{identifier} of {slot}" for slot, identifier in snapshots)
    return f"snapshot{'' if len(snapshots) == 1 else 's'} {ids}"


_REPLACING = Verb(_restore_back, _restore_again, _holds)
VERBS: dict[str, Verb] = {
    "restore": _REPLACING,
    "clean": _REPLACING,
    "repair": _REPLACING,
    "prune": evident(_prune_back, _prune_again),
}
