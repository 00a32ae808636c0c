"""What a bot tells of its session, in `slots/<slot>/events.jsonl`: it tells a log-out from corruption, too.

Bots, the preload and the built-in bot append to the file that WAGIT_EVENTS names; one JSON object a line,
`docs/reference/events.md` has them all:

    {"event": "ready", "time": "2026-11-20T09:51:00.000Z"}         logged in, and at work
    {"event": "logged-out", "time": "2026-11-20T10:02:00.000Z"}    WhatsApp took the login away

Whoever holds the slot folds these two into its record: before a bot starts, and once it has ended. The file
is evidence, not state: it may be torn, or missing, at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, get_args

from wagit.bots.observation import BotState
from wagit.core.atomic import append_line
from wagit.core.clock import Clock, rfc3339
from wagit.core.locks import HeldLock
from wagit.core.opening import regular
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.integrity.identity import Identity, login_name
from wagit.slots import records
from wagit.slots.records import SlotRecord

READY = "ready"
LOGGED_OUT = "logged-out"
ACCOUNT = "account"
EVENTS = frozenset({*get_args(BotState), ACCOUNT} - {"failed", "stopped"})  # of a bot that runs
VARIABLE = "WAGIT_EVENTS"

_KEPT = {READY: b'"ready"', LOGGED_OUT: b'"logged-out"'}  # what the record is to know, and how it is found
_MOST = 1000  # of these lines that count, the newest; a run has a few
_MOST_BYTES = 16 << 20  # that are looked through for them; a QR that waits is told three times a minute
_LONGEST = 4096  # bytes of a line


class Told(NamedTuple):
    """One line, of EVENTS; `time` in seconds since the epoch, `ref` of a QR, `number` of an account."""

    event: str
    time: float
    ref: str | None = None
    number: str | None = None
    reason: str = ""


def path_of(store: Store, slot: str) -> str:
    """Where a slot's bot tells them."""
    return os.path.join(store.slot(slot), "events.jsonl")


def tell(path: str, event: str, now: float, **more: str) -> None:
    """Append one; that it cannot be written is no reason to stop a bot. No path tells nobody."""
    with contextlib.suppress(OSError):
        if path:
            append_line(path, json.dumps({"event": event, "time": rfc3339(now), **more}).encode())


def fold(store: Store, slot: str, now: float) -> None:
    """Note in a held slot's record what its bot told, and forget it.

    What cannot be noted, as the disk is full, stays for the next time. Raises NoSuchSlot.
    """
    told = read(store, slot, now)
    if told is None:
        return
    record = records.read_record(store, slot)
    with contextlib.suppress(OSError):
        _write(store, slot, record, after(record, told, _identity(store, slot, record)))
        os.unlink(path_of(store, slot))


def close(store: Store, slot: str, now: float) -> None:
    """The same once the bot has ended, and note whose login it leaves. Raises NoSuchSlot."""
    fold(store, slot, now)
    record = records.read_record(store, slot)
    identity = _identity(store, slot, record)
    if identity is not None:
        with contextlib.suppress(OSError):
            known = record._replace(account=identity.account, device=identity.device)
            _write(store, slot, record, known)


def read(store: Store, slot: str, now: float) -> list[Told] | None:
    """The READY and LOGGED_OUT that nobody has folded yet, oldest first; None when there is no file.

    Lines that are torn or say something else are passed over; times to come are taken for now.
    """
    found: deque[Told] = deque(maxlen=_MOST)
    try:
        with open(path_of(store, slot), "rb", opener=regular) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_BYTES))
            while line := file.readline(_LONGEST):
                if any(mark in line for mark in _KEPT.values()) and (told := parse(line)):
                    found.append(told._replace(time=min(told.time, now)))
    except FileNotFoundError:
        return None
    except OSError:
        return []
    return [told for told in found if told.event in _KEPT]


def parse(line: bytes | str) -> Told | None:
    """What one line tells; None for one that is torn, unknown, or has no time with its zone."""
    try:
        known = json.loads(line)
        when = datetime.fromisoformat(known["time"])
        if known["event"] not in EVENTS or when.tzinfo is None:
            return None
        texts = {name: str(known.get(name) or "") for name in ("ref", "number", "reason")}
        number = re.sub(r"\D", "", texts["number"])
        return Told(known["event"], when.timestamp(), texts["ref"] or None, number or None, texts["reason"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def after(record: SlotRecord, told: Iterable[Told], identity: Identity | None) -> SlotRecord:
    """The record once that is known; `identity` is the login that the data holds now. Pure.

    A log-out takes the login that the record names. A login that was ready last was not removed. Nothing
    else that is told says anything of the login.
    """
    last = None
    for last in (one for one in told if one.event in _KEPT):
        if last.event == READY:
            record = record._replace(last_ready=max(record.last_ready or 0.0, last.time))
        elif login := login_name(record.account, record.device):
            record = record._replace(removed=login, removed_at=last.time)
    works = last is not None and last.event == READY and identity is not None
    if works and identity is not None and login_name(*identity) == record.removed:
        record = record._replace(removed=None, removed_at=None)
    return record


class TellingLock(HeldLock):
    """A slot's lock; before it goes, what the bot told is noted, and `last` is done; after that `then`."""

    def __init__(
        self,
        lock: HeldLock,
        store: Store,
        slot: str,
        clock: Clock,
        last: Callable[[], None] = lambda: None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(lock.descriptor)
        self._store = store
        self._slot = slot
        self._clock = clock
        self._last = last
        self._then = then

    def release(self) -> None:
        """Note it, and let go, whatever became of the slot meanwhile."""
        held = self.descriptor >= 0
        try:
            if held:
                with contextlib.suppress(records.NoSuchSlot, OSError):
                    close(self._store, self._slot, self._clock.now())
                self._last()
        finally:
            super().release()
            if held:
                self._then()


def _identity(store: Store, slot: str, record: SlotRecord) -> Identity | None:
    return registry.get(record.driver).identity(store.data(slot))


def _write(store: Store, slot: str, before: SlotRecord, record: SlotRecord) -> None:
    if record != before:
        records.write_record(store, slot, record)
