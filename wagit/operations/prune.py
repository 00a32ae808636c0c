"""Let snapshots go by the config's policy: set them aside, and collect those that were set aside long ago."""

from __future__ import annotations

import contextlib
import os
from datetime import date, datetime
from typing import NamedTuple

from wagit.core import journal
from wagit.core.clock import StoppedClock, rfc3339
from wagit.core.locks import HeldLock, Locked, acquire
from wagit.core.store import Store
from wagit.operations import snapshots
from wagit.operations.context import Context
from wagit.snapshots import aside, check, retention, staging
from wagit.snapshots import manifest as manifests
from wagit.snapshots.collect import Collection, collect
from wagit.snapshots.manifest import DamagedSnapshot, Header, NoSuchSnapshot
from wagit.snapshots.retention import Candidate, Decision, Policy

PATIENCE = 60.0  # seconds to wait for another prune
BATCH = 8  # what an automatic prune waits for: each prune reads the newest clean snapshot whole


class PrunedRow(NamedTuple):
    """One snapshot and what becomes of it; `reasons` are the rules that keep it, or `size`. Time RFC 3339."""

    slot: str
    snapshot: str
    time: str
    tag: str
    message: str
    size: int
    kept: bool
    reasons: tuple[str, ...]


class Pruned(NamedTuple):
    """What a prune did or would do, newest first within each slot; sizes in bytes.

    `pruned` counts what goes, `frees` is what only that took in the slots that were looked at: free after a
    day, or now when it goes `for_good`. `freed` is free now, also of what was pruned earlier. `damaged` names
    manifests as `<slot>/<id>`: they are neither kept nor pruned, and nothing is freed while there are any.
    """

    snapshots: tuple[PrunedRow, ...]
    pruned: int
    frees: int
    freed: int
    damaged: tuple[str, ...]
    for_good: bool
    dry_run: bool


class _Plan(NamedTuple):
    """What is decided for one slot: which objects are named by what is kept, which by what goes."""

    slot: str
    headers: dict[str, Header]
    decisions: list[Decision]
    damaged: tuple[str, ...]
    named: frozenset[str]
    left: dict[str, int]

    @property
    def gone(self) -> list[str]:
        """Ids of what is pruned."""
        return [one.id for one in self.decisions if not one.kept]


def policy_of(context: Context) -> Policy:
    """The policy that the config states."""
    keep = context.config.settings.snapshots.keep
    return Policy(keep.last, keep.daily, keep.weekly, keep.monthly, keep.size)


def prune(
    context: Context,
    slot: str | None = None,
    policy: Policy | None = None,
    *,
    everywhere: bool = False,
    now: bool = False,
    dry_run: bool = False,
) -> Pruned:
    """Prune the snapshots of a slot, by default this worktree's, by a policy, by default the config's.

    `everywhere` stands for all slots. Those that go can be brought back for a day, unless `now`, which also
    lets go of what was pruned there before. Raises NoSuchSlot, BadSlotName, Locked, OSError.
    """
    store = context.store
    names = check.slots_with_snapshots(store) if everywhere else [snapshots.slot_of(context, slot)]
    with contextlib.nullcontext() if dry_run else _alone(store):
        plans = [_decide(context, name, policy or policy_of(context), measured=True) for name in names]
        done = Collection() if dry_run else _carry_out(context, plans, for_good=now)
    rows = tuple(row for plan in plans for row in _rows(plan))
    damaged = (*(f"{plan.slot}/{one}" for plan in plans for one in plan.damaged), *done.damaged)
    return Pruned(
        rows,
        sum(not row.kept for row in rows),
        _frees(plans),
        done.freed,
        tuple(dict.fromkeys(damaged)),
        now,
        dry_run,
    )


def _carry_out(context: Context, plans: list[_Plan], *, for_good: bool) -> Collection:
    """Let go and collect; what goes for good is logged last: there is no undo, and the disk may be full.

    All slots are logged with one time: they are one operation for `undo`.
    """
    context = context._replace(clock=StoppedClock(context.clock))
    store, now = context.store, context.clock.now()
    if not for_good:
        for plan in plans:
            _set_aside(context, plan, "snapshots prune")
        return collect(store, now)
    for plan in plans:
        aside.remove(store, plan.slot, *plan.gone)
    done = collect(store, now, at_once=[plan.slot for plan in plans])
    for plan in plans:
        _log(context, plan, "snapshots prune --now")
    return done


def automatic(context: Context, slot: str) -> int:
    """Prune a slot after a snapshot that nobody asked for; return how many snapshots went.

    Cheap where nothing is due: a few names are listed. Snapshots go once BATCH of them are due, or at once
    for the size budget. Another prune that runs does as well. Raises Locked, OSError.
    """
    store, policy = context.store, policy_of(context)
    gone = 0
    if policy.size is not None or len(manifests.ids(store, slot)) >= max(1, policy.last) + BATCH:
        with contextlib.suppress(Locked), _alone(store, wait=0.0):
            plan = _decide(context, slot, policy, measured=False)
            if len(plan.gone) >= BATCH or any("size" in one.reasons for one in plan.decisions):
                _set_aside(context, plan, "automatic")
                gone = len(plan.gone)
    if aside.over(store, context.clock.now()):
        collect(store, context.clock.now())
    else:
        staging.sweep(store)
    return gone


def _alone(store: Store, wait: float = PATIENCE) -> HeldLock:
    """Of two prunes at once each might let go of what the other one keeps."""
    return acquire(os.path.join(store.root, "prune.lock"), wait=wait)


def _decide(context: Context, slot: str, policy: Policy, *, measured: bool) -> _Plan:
    """Decide for one slot; objects are measured where that is asked for, or the budget may be exceeded."""
    known = manifests.listing(context.store, slot)
    if policy.size is not None and sum(header.size for _, header in known.snapshots) > policy.size:
        measured = True
    candidates = [
        _candidate(one, header, _sizes(context.store, slot, one) if measured else {})
        for one, header in known.snapshots
    ]
    today = _day(context.clock.now())
    decisions = retention.keep(candidates, policy, today)
    if not all(one.kept for one in decisions):
        decisions = retention.keep(_judged(context.store, slot, candidates), policy, today)
    kept = {one.id for one in decisions if one.kept}
    named = frozenset(digest for one in candidates if one.id in kept for digest in one.objects)
    left = {digest: size for one in candidates if one.id not in kept for digest, size in one.objects.items()}
    return _Plan(slot, dict(known.snapshots), decisions, known.damaged, named, left)


def _sizes(store: Store, slot: str, identifier: str) -> dict[str, int]:
    try:
        return manifests.sizes(store, slot, identifier)
    except (NoSuchSnapshot, DamagedSnapshot):  # it was whole a moment ago
        return {}


def _candidate(identifier: str, header: Header, objects: dict[str, int]) -> Candidate:
    day = _day(header.time)
    return Candidate(
        identifier, header.number, header.time, day, header.tag, bool(header.message), True, objects
    )


def _day(seconds: float) -> date:
    """The day of the user's own calendar; a time that no calendar has is long ago."""
    try:
        return datetime.fromtimestamp(seconds).date()
    except (ValueError, OverflowError, OSError):
        return date.min


def _judged(store: Store, slot: str, newest_first: list[Candidate]) -> list[Candidate]:
    """Read clean snapshots, newest first, until one is whole; those before it are marked as not sound."""
    judged = list(newest_first)
    for index, one in enumerate(newest_first):
        if one.tag == "clean":
            if _is_whole(store, slot, one.id):
                break
            judged[index] = one._replace(sound=False)
    return judged


def _is_whole(store: Store, slot: str, identifier: str) -> bool:
    try:
        return not check.problems(store, manifests.read(store, slot, identifier))
    except (DamagedSnapshot, NoSuchSnapshot):
        return False


def _set_aside(context: Context, plan: _Plan, cause: str) -> None:
    if plan.gone:
        _log(context, plan, cause)
        aside.set_aside(context.store, plan.slot, *plan.gone)


def _log(context: Context, plan: _Plan, cause: str) -> None:
    if plan.gone:
        detail = {"slot": plan.slot, "snapshots": plan.gone}
        now = context.clock.now()
        operation = journal.Operation(now, "prune", context.repo.worktree, None, cause, detail)
        journal.record(context.store, operation)


def _rows(plan: _Plan) -> list[PrunedRow]:
    return [_row(plan.slot, plan.headers[one.id], one) for one in plan.decisions]


def _row(slot: str, header: Header, one: Decision) -> PrunedRow:
    return PrunedRow(
        slot, one.id, rfc3339(header.time), header.tag, header.message, header.size, one.kept, one.reasons
    )


def _frees(plans: list[_Plan]) -> int:
    """Bytes of the objects that only pruned snapshots name."""
    named = frozenset[str]().union(*(plan.named for plan in plans))
    left = {digest: size for plan in plans for digest, size in plan.left.items()}
    return sum(size for digest, size in left.items() if digest not in named)
