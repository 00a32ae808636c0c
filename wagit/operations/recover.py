"""Before each start: check a slot's session and put it in order, so that no bot opens broken data.

Chromium deletes a login whose files are damaged, and says nothing; so the check comes first. Nothing is
deleted here: what is replaced is set aside in quarantine.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from wagit.core.errors import WagitError
from wagit.drivers import registry
from wagit.integrity.findings import Finding
from wagit.operations import bot_events
from wagit.operations.context import Context
from wagit.operations.examine import Examined, examine
from wagit.operations.recovery_choice import Decision, Facts, choose, is_settled
from wagit.operations.recovery_facts import full, quick
from wagit.operations.snapshot import selection_of
from wagit.slots import holding, records
from wagit.snapshots import seal as seals


class RecoveryOff(WagitError):
    """A slot is broken, and `auto_recovery: false` leaves it to the user."""

    code = "recovery-off"
    exit_status = 12


class RecoveryFailed(WagitError):
    """A slot could not be put in order: the disk is full, or something cannot be read or written."""

    code = "recovery-failed"
    exit_status = 12


Acted = Callable[[tuple[str, ...]], None]


def _nobody(lines: tuple[str, ...]) -> None:
    """Nobody else wants to know."""


class Recoverer:
    """Recovers slots while a run lasts; what failed is tried again only when data or settings are others.

    A supervisor that cannot have a slot asks for it again every few seconds.
    """

    def __init__(self) -> None:
        self._failed: dict[str, tuple[object, WagitError]] = {}

    def recover(self, context: Context, slot: str, acted: Acted = _nobody) -> tuple[str, ...]:
        """As `recover`."""
        situation, problem = self._failed.get(slot, (None, None))
        if problem is not None and situation == _situation(context, slot):
            raise problem.with_traceback(None)
        try:
            return recover(context, slot, acted)
        except WagitError as failed:
            if failed.exit_status == RecoveryFailed.exit_status:
                self._failed[slot] = (_situation(context, slot), failed)
            raise


def _situation(context: Context, slot: str) -> object:
    """What a failure depends on."""
    settings, store = context.config.settings, context.store
    driver = registry.get(records.read_record(store, slot).driver)
    states = seals.states(store.data(slot), selection_of(driver, full=False))
    return states, settings.auto_recovery, settings.max_recovery_time


def recover(context: Context, slot: str, acted: Acted = _nobody) -> tuple[str, ...]:
    """Check the data of a slot that the caller holds, and put it in order; return what the user should know.

    `acted` gets the lines about what was done, when something was. Bounded by `max_recovery_time`. Raises
    RecoveryOff, RecoveryFailed, TookTooLong, SlotBusy, NoSuchSlot; the data is as it was then.
    """
    try:
        bot_events.fold(context.store, slot, context.clock.now())
        return _Recovery(context, slot, acted).run()
    except OSError as error:
        raise RecoveryFailed(
            f"slot {slot} could not be checked or put in order: {error}; its data is as it was",
            f"mend what is named, or make room, then start again; see: wagit verify {slot}",
        ) from error


class _Recovery:
    """One recovery."""

    def __init__(self, context: Context, slot: str, acted: Acted) -> None:
        self._context = context
        self._acted = acted
        self._store = context.store
        self._slot = slot
        self._now = context.clock.now()
        self._deadline = context.clock.monotonic() + context.config.settings.max_recovery_time

    def run(self) -> tuple[str, ...]:
        os.makedirs(self._store.data(self._slot), mode=0o700, exist_ok=True)
        facts = quick(self._store, self._slot, self._findings())
        if is_settled(facts):
            return _told(choose(facts))
        return self._put_in_order(full(self._context, facts))

    def _findings(self) -> tuple[Finding, ...]:
        """What is wrong. Raises SlotBusy when that is in doubt, since somebody writes meanwhile."""
        found = self._examine()
        if found.broken and not found.steady:
            found = self._examine()
        if found.broken and not found.steady:
            raise holding.SlotBusy(
                f"slot {self._slot} is written by another program while it is checked",
                "stop that program first; WhatsApp allows one writer a login",
            )
        return found.findings

    def _examine(self) -> Examined:
        limit = self._context.config.settings.health.check
        return examine(self._store, self._slot, self._now, max_age=limit, read=self._be_in_time)

    def _be_in_time(self, _: int) -> None:
        if self._context.clock.monotonic() > self._deadline:
            from wagit.operations.restore_verified import TookTooLong

            raise TookTooLong(
                f"slot {self._slot} could not be checked within `max_recovery_time`; its data is as it was",
                f"check it without a limit, once: wagit verify {self._slot}; or allow more in .wagit.yml",
            )

    def _put_in_order(self, facts: Facts) -> tuple[str, ...]:
        from wagit.operations.recovery_acts import Acts

        acts = Acts(self._context, facts, self._deadline)
        told: tuple[str, ...] = ()
        while (decision := choose(facts, acts.failed)).action != "start":
            if decision.action == "refuse":
                raise self._refused(decision, facts)
            if told := acts.do(decision):
                self._acted(told)
                break
        else:
            told = _told(decision)
        if decision.removed:
            self._note_removed(facts)
        return told

    def _refused(self, decision: Decision, facts: Facts) -> WagitError:
        if not facts.auto:
            return RecoveryOff(
                f"{decision.why}; `auto_recovery` is off, so nothing was done",
                f"put it in order: wagit repair {self._slot}; or start over: wagit clean {self._slot}",
            )
        serious = [found for found in facts.findings if found.severity != "warning"]
        remedy = next((found.remedy for found in serious if found.mend is None), serious[0].remedy)
        return RecoveryFailed(
            f"{decision.why}; nothing was changed, since that may lose more",
            f"{remedy}; then start again; look: wagit verify {self._slot}",
        )

    def _note_removed(self, facts: Facts) -> None:
        record = records.read_record(self._store, self._slot)
        with contextlib.suppress(OSError):  # then it is found out once more
            gone = record._replace(removed=facts.login, removed_at=self._now)
            records.write_record(self._store, self._slot, gone)


def _told(decision: Decision) -> tuple[str, ...]:
    return (decision.why,) if decision.why else ()
