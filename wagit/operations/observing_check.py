"""The full check of a session whose bot runs: whose it is, and what is noted of it in its slot's record."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from wagit.bots.assignment import Assignment
from wagit.bots.observation import Observation, Seen, StateSeen, after
from wagit.drivers import registry
from wagit.integrity.identity import account_digits, masked
from wagit.operations import before_start
from wagit.operations.context import Context
from wagit.slots import records
from wagit.slots.inspect import age_of
from wagit.slots.records import SlotRecord

_SETTLES = 1.0  # seconds from what calls for a check until it is made: states come in a row


def keep_alive(context: Context, slot: str) -> float:
    """Seconds between signs of life, 0 for none; half of it for a session that was unused for long."""
    health = context.config.settings.health
    with contextlib.suppress(records.NoSuchSlot):
        last_ready = records.read_record(context.store, slot).last_ready
        if age_of(last_ready, context.clock.now(), health) in ("aging", "old"):
            return health.keep_alive / 2
    return health.keep_alive


def wrong_account(wanted: str | None, seen: Seen) -> str:
    """Why this is not the session that the rule asks for; empty when it is, or neither is known. Pure."""
    if not wanted or not seen.number or account_digits(seen.number) == account_digits(wanted):
        return ""
    return f"logged in as {masked(seen.number)}, the slot's rule asks for {wanted}"


def noted(record: SlotRecord, seen: Seen, now: float, browser: str | None) -> SlotRecord:
    """The record after a check. Pure."""
    ready = max(record.last_ready or 0.0, now) if seen.state == "ready" else record.last_ready
    return record._replace(last_ready=ready, browser=browser or record.browser)


class Checks:
    """Checks one bot's session when it is ready first, when something is wrong, and every `health.check`.

    What is wrong is told as `degraded`. The slot must be held from `start` to `stop`.
    """

    def __init__(self, context: Context, assignment: Assignment, tell: Callable[[Observation], None]) -> None:
        self._context = context
        self._slot = assignment.slot
        self._data = assignment.data
        self._tell = tell
        self._seen = Seen()
        self._was_ready = False
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="check session", daemon=True)

    def start(self) -> None:
        """Return at once."""
        self._thread.start()

    def stop(self) -> None:
        """Check no more; the record is not written any more."""
        self._stopped.set()
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join()

    def note(self, what: Observation) -> None:
        """Note what was seen: it may call for a check."""
        before, self._seen = self._seen.state, after(self._seen, what)
        first = self._seen.state == "ready" and not self._was_ready
        self._was_ready |= first
        if first or (self._seen.state == "degraded" and before != "degraded"):
            self._wanted.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            if self._wanted.wait(self._context.config.settings.health.check) and self._stopped.wait(_SETTLES):
                return
            self._wanted.clear()
            with contextlib.suppress(records.NoSuchSlot, OSError):
                self._check()

    def _check(self) -> None:
        seen, now, store = self._seen, self._context.clock.now(), self._context.store
        record = records.read_record(store, self._slot)
        new = noted(record, seen, now, registry.get(record.driver).browser(self._data))
        if new != record:
            records.write_record(store, self._slot, new)
        wrong = wrong_account(before_start.wanted_account(self._context, self._slot), seen)
        if wrong and seen.state == "ready":
            self._tell(StateSeen("degraded", now, wrong))
