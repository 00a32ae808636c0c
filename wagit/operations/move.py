"""Fill a new slot with the session of another one: moved by a rename, or copied from a snapshot.

A slot that cannot be filled at once notes what it awaits, and is asked again until a bot opens it: a
switch never waits, and never fails.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.core import journal
from wagit.core.atomic import rename_durably
from wagit.core.errors import WagitError
from wagit.core.locks import holder_of
from wagit.drivers import registry
from wagit.integrity.identity import Identity, account_digits, masked
from wagit.operations import snapshot
from wagit.operations.context import Context, driver_name
from wagit.routing.rules import Route, Start, rule_of, start_of
from wagit.slots import marker, quiet, records
from wagit.slots.inspect import has_files
from wagit.slots.records import Mode, SlotRecord
from wagit.slots.swap import swap
from wagit.snapshots.hand_on import hand_on
from wagit.snapshots.manifest import Manifest
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.restore import write_out
from wagit.snapshots.staging import Staging


class CannotMove(WagitError):
    """A slot has no session to give, or none that the other one can take."""

    code = "cannot-move"


class Filling(NamedTuple):
    """What a slot awaits, None when nothing, and why it could not have it, None when it has it now."""

    start: Start | None
    problem: WagitError | OSError | None = None

    def notice(self, slot: str) -> tuple[str, ...]:
        """One line for people, where there is something to say."""
        if self.start is None:
            return ()
        if self.problem is None:
            what = "the session" if self.start.mode == "move" else "a copy of the session"
            return (f"slot {slot} has {what} of slot {self.start.source} now",)
        text = getattr(self.problem, "message", None) or str(self.problem)
        again = "it gets it with `wagit use --auto`, unless a bot has opened it by then"
        return (f"slot {slot} is empty, without the session of {self.start.source}: {text}; {again}",)


NOTHING = Filling(None)


def fill(
    context: Context,
    slot: str,
    route: Route | None,
    before: str | None,
    cause: str,
    *,
    progress: Progress = no_progress,
) -> Filling:
    """Give `slot` the session that its rule or, without a route, its record names; a new slot is made.

    `before` is the slot of the branch before. A git hook does not wait for others. Raises OSError when the
    slot cannot be made; whatever keeps the session from coming is in the answer.
    """
    start = _awaited(context, slot, route, before)
    if start is None or start.source is None:
        return NOTHING
    try:
        _check(context, slot, start.source, route)
        patient = not cause.startswith("hook")
        now = context.clock.now()
        pair = (start.source, slot)
        with quiet.both(context.store, pair, context.repo.worktree, now, patient=patient):
            if _is_due(context, slot):  # else another process was quicker
                _Carrying(context, start.source, slot, cause, progress).run(start.mode)
    except (WagitError, OSError) as problem:
        return Filling(start, problem)
    return Filling(start)


def is_held_here(context: Context, start: Start | None) -> bool:
    """Whether this very process has the slot a session comes from: its bot is still stopping."""
    holder = holder_of(context.store.lock(start.source)) if start and start.source else None
    return holder is not None and holder.pid == os.getpid()


def data_to_come(context: Context, slot: str) -> str:
    """Where the data lies that a bot will find in the slot: still in another one while it awaits that."""
    source = (records.read_record(context.store, slot).awaits or "").partition(":")[2]
    data = context.store.data(source) if source else ""
    return data if data and has_files(data) and _is_due(context, slot) else context.store.data(slot)


def _awaited(context: Context, slot: str, route: Route | None, before: str | None) -> Start | None:
    settings = context.config.settings
    if records.is_new(context.store, slot):
        start = start_of(route, settings, before) if route is not None else Start("fresh")
        if start.source is None:
            return None
        driver = driver_name(context)
        records.create_slot(context.store, slot, driver, context.clock.now(), str(start))
        return start
    if not _is_due(context, slot):
        return None
    record = records.read_record(context.store, slot)
    mode, _, source = (record.awaits or "").partition(":")
    if route is None or record.generation > 0:  # what a killed promotion left is no rule's business
        return Start(mode, source)
    said = start_of(route, settings)
    return Start(said.mode, said.source or source) if said.mode != "fresh" else None


def _is_due(context: Context, slot: str) -> bool:
    record = records.read_record(context.store, slot)
    return record.awaits is not None and records.is_empty(context.store, slot)


def _check(context: Context, slot: str, source: str, route: Route | None) -> None:
    """See that the source has a session, and one that fits. Raises NoSuchSlot, CannotMove."""
    record = records.read_record(context.store, source)
    data = context.store.data(source)
    if not has_files(data):
        raise CannotMove(f"slot {source} has no session yet", f"link a device there, or here: slot {slot}")
    wanted = records.read_record(context.store, slot).driver
    if record.driver != wanted:
        raise CannotMove(f"slot {source} is of driver {record.driver}, slot {slot} of {wanted}", "")
    rule = rule_of(route, context.config.settings) if route is not None else None
    if rule is not None and rule.account:
        _check_account(registry.get(record.driver).identity(data), rule.account, source, slot)


def _check_account(identity: Identity | None, wanted: str, source: str, slot: str) -> None:
    if identity is not None and account_digits(identity.account) != account_digits(wanted):
        raise CannotMove(
            f"slot {source} is linked to {masked(identity.account)}, the rule of {slot} asks for"
            f" {masked(wanted)}",
            "correct `account:` or `new:` in the rule",
        )


class _Carrying:
    """One session on its way from slot to slot, both held. Killed anywhere, it is whole in one of them."""

    def __init__(self, context: Context, source: str, target: str, cause: str, progress: Progress) -> None:
        self._context = context
        self._store = context.store
        self._source = source
        self._target = target
        self._cause = cause
        self._progress = progress

    def run(self, mode: str) -> None:
        """Snapshot first; then the target's record; then the one step that decides."""
        kept = self._snapshot(always=mode == "copy")
        marker.put(self._context.repo)
        self._announce(mode)
        if kept is not None:
            hand_on(self._store, kept, self._target)
        self._log(mode, kept)
        if mode == "move":
            move_data(self._context, self._source, self._target)
        elif kept is not None:
            self._copy(kept)
        record = records.read_record(self._store, self._target)
        records.write_record(self._store, self._target, record._replace(awaits=None))

    def _snapshot(self, *, always: bool) -> Manifest | None:
        if not always and not self._context.config.settings.migration_backup:
            return None
        ask = snapshot.Ask("move", self._context.clock.now(), held=True)
        return snapshot.take(self._context.repo, self._store, self._source, ask, self._progress).snapshot

    def _announce(self, mode: str) -> None:
        given = identified(self._context, self._source)
        record = inherit(records.read_record(self._store, self._target), given)
        if given.origin != self._target:  # else it comes home: a killed promotion is completed
            came: Mode = "move" if mode == "move" else "copy"
            record = record._replace(origin=self._source, origin_mode=came)
        records.write_record(self._store, self._target, record)

    def _copy(self, kept: Manifest) -> None:
        with Staging(self._store) as staging:
            prepared = staging.new_name()
            os.mkdir(prepared, mode=0o700)
            write_out(self._store, kept.entries, prepared, self._progress)
            swap(self._store, self._target, prepared)

    def _log(self, mode: str, kept: Manifest | None) -> None:
        context = self._context
        detail: dict[str, object] = {
            "from": self._source, "to": self._target, "mode": mode, "snapshot": kept.id if kept else None
        }  # fmt: skip
        log(context, "move", self._cause, detail)


def log(context: Context, verb: str, cause: str, detail: dict[str, object]) -> None:
    """Append an operation that no branch belongs to."""
    now = context.clock.now()
    journal.record(context.store, journal.Operation(now, verb, context.repo.worktree, None, cause, detail))


def identified(context: Context, slot: str) -> SlotRecord:
    """A held slot's record with the identity that its data names now; written, where that is news."""
    record = records.read_record(context.store, slot)
    identity = registry.get(record.driver).identity(context.store.data(slot))
    known = record._replace(
        account=identity.account if identity else None, device=identity.device if identity else None
    )
    if known != record:
        records.write_record(context.store, slot, known)
    return known


def inherit(record: SlotRecord, given: SlotRecord) -> SlotRecord:
    """The record of a slot that gets the session of `given`: whose it is, and how often it was opened."""
    return record._replace(
        driver=given.driver, account=given.account, device=given.device, last_ready=given.last_ready,
        browser=given.browser, generation=max(record.generation, given.generation),
        newest=max(record.newest, given.newest),
    )  # fmt: skip


def move_data(context: Context, source: str, target: str) -> None:
    """Rename a slot's data onto another's empty data, and leave it empty. Raises OSError (ENOTEMPTY)."""
    store = context.store
    rename_durably(store.data(source), store.data(target))
    os.makedirs(store.data(source), mode=0o700, exist_ok=True)
    record = records.read_record(store, source)
    left = record._replace(account=None, device=None, last_ready=None, browser=None)
    records.write_record(store, source, left)
