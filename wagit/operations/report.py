"""All that a team wants to know of its sessions, in one value: health, history, snapshots, devices."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from wagit.core import journal
from wagit.core.clock import rfc3339
from wagit.core.journal import Operation
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.integrity.findings import Finding
from wagit.operations import damage, health_facts, report_series
from wagit.operations.context import Context
from wagit.operations.devices import Device
from wagit.operations.health import Health, judge
from wagit.operations.health_facts import Facts
from wagit.operations.report_series import RECOVERED, RESTORED, Point, Span, Use
from wagit.operations.sessions_ls import branches_by_slot
from wagit.operations.snapshot import selection_of
from wagit.routing import names
from wagit.slots import records
from wagit.slots.inspect import quarantine_size, size_of
from wagit.snapshots import manifest
from wagit.snapshots import seal as seals
from wagit.snapshots.manifest import Header

Kind = Literal["restored", "repaired", "cleaned", "damaged"]
KINDS: Mapping[str, Kind] = {
    "restore": "restored", "repair": "repaired", "clean": "cleaned", damage.FAILED: "damaged",
}  # fmt: skip


class SnapshotRow(NamedTuple):
    """A snapshot; `why` is what it was taken for, `message` the user's own words."""

    id: str
    time: str
    tag: str
    why: str
    message: str
    generation: int
    size: int


class Event(NamedTuple):
    """Something that happened to the session's data; `cause` is the verb or the start that did it."""

    time: str
    kind: Kind
    cause: str
    detail: str


class Value(NamedTuple):
    """A value at a time; of a count, the time at which its step begins."""

    time: str
    value: float


class Charted(NamedTuple):
    """What the charts show. `size` in bytes, `age` in seconds unused; the others count, a value each step."""

    size: tuple[Value, ...]
    age: tuple[Value, ...]
    runs: tuple[Value, ...]
    restores: tuple[Value, ...]
    recoveries: tuple[Value, ...]


class SlotReport(NamedTuple):
    """One slot. `size` is that of all its data, `quarantine` that of what was set aside of it.

    `findings` are the warnings of the last full check that found it whole. Snapshots and events are in
    order, the newest first.
    """

    health: Health
    driver: str
    size: int
    quarantine: int
    branches: tuple[str, ...]
    snapshots: tuple[SnapshotRow, ...]
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    charts: Charted


class Number(NamedTuple):
    """A number and its linked devices."""

    account: str
    devices: tuple[Device, ...]


class Report(NamedTuple):
    """The whole. `store` and `quarantine` in bytes; charts go from `since` to `until` in `step` seconds.

    A session is `aging` and `old` when it was not ready for so many seconds.
    """

    repository: str
    made: str
    since: str
    until: str
    step: float
    aging: float
    old: float
    store: int
    quarantine: int
    numbers: tuple[Number, ...]
    slots: tuple[SlotReport, ...]


class _History(NamedTuple):
    """What one slot's charts are made of."""

    facts: Facts
    listed: tuple[tuple[str, Header], ...]  # newest first
    operations: tuple[Operation, ...]
    uses: tuple[Use, ...]


def report(context: Context, slot: str | None = None) -> Report:
    """Report on one slot, or on all of them. Raises NoSuchSlot."""
    if slot is not None:
        records.read_record(context.store, names.check(slot))
    now, store, limits = context.clock.now(), context.store, context.config.settings.health
    found = health_facts.gather(context, slot)
    logged = _by_slot(journal.read(store))
    histories = [_history(store, facts, tuple(logged.get(facts.slot, ()))) for facts in found]
    over = report_series.span(_moments(histories), now)
    users = branches_by_slot(context)
    return Report(
        repository=_name(context),
        made=rfc3339(now),
        since=rfc3339(over.since),
        until=rfc3339(over.until),
        step=over.step,
        aging=limits.fresh,
        old=limits.old,
        store=size_of(store.root),
        quarantine=quarantine_size(store),
        numbers=_numbers(found),
        slots=tuple(_slot(context, one, over, users.get(one.facts.slot, ())) for one in histories),
    )


def _numbers(found: Iterable[Facts]) -> tuple[Number, ...]:
    """The numbers of these slots, each with all its devices."""
    devices = {one.identity.account: one.devices for one in found if one.identity and one.devices}
    return tuple(Number(account, devices[account]) for account in sorted(devices))


def _name(context: Context) -> str:
    """The repository's name: of the directory that has `.git`, or of a bare one beside its worktrees."""
    directory, own = os.path.split(context.repo.common_dir)
    return os.path.basename(directory) if own == ".git" else own.removesuffix(".git")


def _by_slot(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    """What happened to each slot's data, oldest first; a slot that was renamed takes its history along."""
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        detail = operation.detail
        if operation.verb == "rename" and detail.get("from") in found:
            found[str(detail.get("to"))] = found.pop(detail["from"])
        elif operation.verb in KINDS and isinstance(detail.get("slot"), str):
            found.setdefault(detail["slot"], []).append(operation)
    return found


def _history(store: Store, facts: Facts, operations: tuple[Operation, ...]) -> _History:
    listed = manifest.listing(store, facts.slot).snapshots
    headers = [header for _, header in reversed(listed)]
    used = report_series.uses(headers, facts.generation, facts.last_ready)
    return _History(facts, listed, operations, tuple(used))


def _moments(histories: Iterable[_History]) -> list[float]:
    """When anything was that charts show."""
    return [
        moment
        for one in histories
        for moment in (
            *(header.time for _, header in one.listed),
            *(operation.time for operation in one.operations),
            *(use.time for use in one.uses),
        )
    ]


def _slot(context: Context, one: _History, over: Span, branches: tuple[str, ...]) -> SlotReport:
    store, slot, now = context.store, one.facts.slot, context.clock.now()
    seal = seals.of_data(store, slot)
    return SlotReport(
        health=judge(one.facts, now, context.config.settings.health),
        driver=one.facts.driver,
        size=size_of(store.data(slot)),
        quarantine=size_of(store.quarantine(slot)),
        branches=branches,
        snapshots=tuple(_kept(identifier, header) for identifier, header in one.listed),
        events=tuple(_event(operation) for operation in reversed(one.operations)),
        findings=seal.warnings if seal is not None and one.facts.checked is not None else (),
        charts=_charts(store, one, over, now),
    )


def _charts(store: Store, one: _History, over: Span, now: float) -> Charted:
    driver = registry.get(one.facts.driver)
    states = seals.states(store.data(one.facts.slot), selection_of(driver, full=False))
    size = Point(now, sum(state[0] for state in states.values())) if states else None
    return Charted(
        size=_values(report_series.sizes([header for _, header in reversed(one.listed)], size)),
        age=_values(report_series.ages(one.uses, now)),
        runs=_values(report_series.runs(one.uses, over)),
        restores=_values(report_series.counted(one.operations, RESTORED, over)),
        recoveries=_values(report_series.counted(one.operations, RECOVERED, over)),
    )


def _values(points: Iterable[Point]) -> tuple[Value, ...]:
    return tuple(Value(rfc3339(point.time), point.value) for point in points)


def _kept(identifier: str, header: Header) -> SnapshotRow:
    return SnapshotRow(
        identifier,
        rfc3339(header.time),
        header.tag,
        header.why,
        header.message,
        header.generation,
        header.size,
    )


def _event(operation: Operation) -> Event:
    detail = operation.detail
    codes = damage.texts(detail.get("codes")) or damage.texts(detail.get("mended"))
    snapshot = f"snapshot {detail['snapshot']}" if detail.get("snapshot") else ""
    return Event(
        rfc3339(operation.time), KINDS[operation.verb], operation.cause, ", ".join(codes) or snapshot
    )
