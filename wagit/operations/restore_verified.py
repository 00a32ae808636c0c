"""Restore the newest snapshot that is proven good: every byte as it was taken, and a whole session.

For who cannot ask: a start that found its slot broken, and `repair`. What is there is set aside in
quarantine whole: a snapshot of broken data could be taken for a good one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from wagit.core.clock import Clock
from wagit.core.errors import WagitError
from wagit.drivers import registry
from wagit.integrity.findings import NO_HISTORY, Finding, broken, worst
from wagit.operations.context import Context
from wagit.operations.examine import examine_copy
from wagit.operations.restore import NOT_THE_DATA, Restored, outcome
from wagit.operations.restore_choice import Found, notices, record_after, same_login
from wagit.operations.restore_put import Deed, put, seal
from wagit.slots import records
from wagit.slots.inspect import has_files
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import DamagedSnapshot, Header, Manifest, NoSuchSnapshot
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.restore import write_out
from wagit.snapshots.staging import Staging, discard

Refuse = Callable[[Header], str | None]  # why a snapshot may not be restored, as a clause


class NoGoodSnapshot(WagitError):
    """None of a slot's snapshots is whole and may be restored."""

    code = "no-good-snapshot"
    exit_status = 12


class TookTooLong(WagitError):
    """A session could not be put in order within the time that the config allows."""

    code = "took-too-long"
    exit_status = 12


class Good(NamedTuple):
    """A snapshot that was written to `prepared` and found whole, but for warnings."""

    wanted: Manifest
    prepared: str
    findings: tuple[Finding, ...]


def restore_newest(
    context: Context,
    slot: str,
    *,
    cause: str,
    refuse: Refuse,
    deadline: float | None = None,
    progress: Progress = no_progress,
) -> Restored:
    """Make a slot's data, which the caller holds, the newest clean snapshot that proves good.

    Hot ones are tried when no clean one does. The notices say which were passed over and why. `deadline`
    is on the clock's `monotonic`. Logged as `repair`, undone by `wagit undo`. Raises NoGoodSnapshot,
    TookTooLong, SlotBusy, OSError; nothing has changed then.
    """
    restoring = _Restoring(context, slot, cause, refuse, until(context.clock, deadline), progress)
    return restoring.run(dry_run=False)


def preview_newest(context: Context, slot: str, refuse: Refuse, progress: Progress = no_progress) -> Restored:
    """What `restore_newest` would do: snapshots are read and checked. Raises NoGoodSnapshot, OSError."""
    in_time = until(context.clock, None)
    return _Restoring(context, slot, "", refuse, in_time, progress).run(dry_run=True)


def until(clock: Clock, deadline: float | None) -> Callable[[], None]:
    """What is called between steps: it raises TookTooLong once the clock's `monotonic` is past `deadline`."""

    def check() -> None:
        if deadline is not None and clock.monotonic() > deadline:
            raise TookTooLong(
                "the session could not be put in order in time; nothing was changed",
                "allow more: `max_recovery_time` in .wagit.yml; or without a limit: wagit repair",
            )

    return check


class _Restoring:
    """One search for a good snapshot, and its restore."""

    def __init__(
        self,
        context: Context,
        slot: str,
        cause: str,
        refuse: Refuse,
        in_time: Callable[[], None],
        progress: Progress,
    ) -> None:
        self._context = context
        self._store = context.store
        self._slot = slot
        self._cause = cause
        self._refuse = refuse
        self._in_time = in_time
        self._progress = progress
        self._passed: list[str] = []

    def run(self, *, dry_run: bool) -> Restored:
        with Staging(self._store) as staging:
            good = self._find(staging)
            told = self._told(good.wanted, dry_run=dry_run)
            return told if dry_run else self._put(good, told)

    def _find(self, staging: Staging) -> Good:
        known = manifests.listing(self._store, self._slot)
        self._passed = [f"snapshot {damaged} is damaged, and was passed over" for damaged in known.damaged]
        for identifier, header in sorted(known.snapshots, key=lambda item: item[1].tag != "clean"):
            self._in_time()
            prepared = staging.new_name()
            found = self._refuse(header) or self._stage(identifier, prepared)
            if isinstance(found, Good):
                return found
            self._passed.append(f"snapshot {identifier} was passed over: {found}")
            discard(prepared)
        why = f": {'; '.join(self._passed)}" if self._passed else ""
        raise NoGoodSnapshot(
            f"slot {self._slot} has no snapshot that can be restored{why}",
            f"start over and scan a QR code; the data is set aside: wagit clean {self._slot}",
        )

    def _stage(self, identifier: str, prepared: str) -> Good | str:
        """Write a snapshot out and check it; why it is not good. Raises TookTooLong, OSError."""
        try:
            wanted = manifests.read(self._store, self._slot, identifier)
            os.mkdir(prepared, mode=0o700)
            write_out(self._store, wanted.entries, prepared, self._told_progress)
        except (DamagedSnapshot, NoSuchSnapshot) as problem:
            return problem.message
        except OSError as error:
            if error.errno in NOT_THE_DATA:
                raise
            return str(error)
        driver = registry.get(wanted.header.driver)
        findings = examine_copy(driver, prepared, NO_HISTORY, lambda _: self._in_time())
        self._in_time()
        if broken(findings):
            return f"it was taken of a broken session: {worst(findings).what}"
        return Good(wanted, prepared, findings)

    def _told_progress(self, done: int, total: int) -> None:
        self._in_time()
        self._progress(done, total)

    def _told(self, wanted: Manifest, *, dry_run: bool) -> Restored:
        told = outcome(wanted, (), None, dry_run=dry_run)
        record = records.read_record(self._store, self._slot)
        now = Found(record, record.account, record.device)
        lines = (*self._passed, *notices(wanted, now), *same_login(self._store, self._slot, wanted.header))
        return told._replace(replaces=has_files(self._store.data(self._slot)), notices=lines)

    def _put(self, good: Good, told: Restored) -> Restored:
        record = record_after(records.read_record(self._store, self._slot), good.wanted.header)
        deed = Deed("repair", self._cause, good.wanted.id, record=record)
        aside = put(self._context, self._slot, good.prepared, deed, aside=True)
        seal(self._context, self._slot, good.findings, good.wanted.id)
        return told._replace(aside=aside)
