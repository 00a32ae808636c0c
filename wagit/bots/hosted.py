"""Browsers that outlive their bots: some stay open, warm, for the next one; the others are closed safely.

A slot keeps its lock for as long as its browser is open. Each browser is closed in a thread of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from wagit.bots.assignment import Assignment, Lock, Session
from wagit.bots.browser_host import HostedBrowser
from wagit.bots.stop import Browsers, SlotBrowsers
from wagit.bots.warm import Left, Limits, due, next_look
from wagit.core.clock import Clock, SystemClock
from wagit.core.errors import WagitError
from wagit.drivers.chromium import Chromium

VARIABLE = "WAGIT_BROWSER"  # where a bot asks for its browser
ADDRESS = "WAGIT_CDP_URL"  # where it connects to one


class Host(Protocol):
    """What starts and ends the browsers; `wagit.bots.browser_host.BrowserHost` is one."""

    @property
    def address(self) -> str:
        """Where bots ask for a browser."""

    def allow(self, data: str) -> None:
        """Host browsers of the slot with this data."""

    def forbid(self, data: str) -> None:
        """Host no more of them; those that run stay."""

    def cdp_url(self, profile: str, environ: Mapping[str, str]) -> str:
        """Where a bot connects to the browser of a profile; empty where it cannot."""

    def running(self, data: str) -> Sequence[HostedBrowser]:
        """Those that run."""

    def memory(self, data: str) -> int:
        """The bytes that they take."""

    def close(self, data: str) -> None:
        """Close them safely, and wait for that; raises WagitError."""

    def stop(self) -> None:
        """Close all there are, and host no more; raises WagitError."""


class _Waiting(NamedTuple):
    """Who waits for a slot to be free: what to call then, or when it was taken again instead."""

    act: Callable[[], None]
    dropped: Callable[[], None]


class _Kept:
    """A slot whose bot is gone, and whose lock is still ours. `stays`: its browser could not be ended."""

    def __init__(self, assignment: Assignment, lock: Lock, since: float) -> None:
        self.assignment = assignment
        self.lock = lock
        self.since = since
        self.waiting: list[_Waiting] = []
        self.closing = False
        self.closed = threading.Event()
        self.stays = False


class Hosted:
    """Keeps browsers warm within `limits`; `notice` prints one line. Safe to use from any thread."""

    def __init__(
        self, host: Host, limits: Limits, notice: Callable[[str], None], clock: Clock | None = None
    ) -> None:
        self._host = host
        self._limits = limits
        self._notice = notice
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._kept: dict[Session, _Kept] = {}
        self._put_off: dict[Session, list[_Waiting]] = {}  # of slots that were taken, until their bots start
        self._over = False
        self._news = threading.Event()
        self._watch: threading.Thread | None = None

    def environ(self, assignment: Assignment) -> Mapping[str, str]:
        """Where its bot asks for a browser; nothing once the run is over."""
        with self._lock:
            for one in self._put_off.pop(assignment.session, []):
                one.dropped()
            if self._over:
                return {}
            self._host.allow(assignment.data)
            return {VARIABLE: self._host.address, **self._to_connect(assignment)}

    def _to_connect(self, assignment: Assignment) -> dict[str, str]:
        """For a bot that connects to a browser; those of the other drivers start one."""
        if assignment.driver != Chromium.name:
            return {}
        url = self._host.cdp_url(assignment.environ["WAGIT_SESSION_PATH"], assignment.environ)
        return {ADDRESS: url} if url else {}

    def browsers(self, assignment: Assignment) -> Browsers:
        """Those of the slot that are not hosted."""

        def own() -> list[str]:
            hosted = {os.path.realpath(one.profile) for one in self._host.running(assignment.data)}
            return [path for path in assignment.profiles() if os.path.realpath(path) not in hosted]

        return SlotBrowsers(own)

    def take(self, assignment: Assignment) -> Lock | None:
        """The lock of a slot that is kept, with its browser as it is; waits for one that is being closed.

        What waits for the slot is put off until its bot starts. None also where the browser has ended: its
        data is checked anew.
        """
        with self._lock:
            kept = self._kept.get(assignment.session)
            if kept is None:
                return None
            self._put_off[assignment.session], kept.waiting = kept.waiting, []
            warm = not kept.closing and bool(self._host.running(assignment.data))
            if warm:
                del self._kept[assignment.session]
            else:
                self._begin_closing(kept)
        if warm:
            return kept.lock
        kept.closed.wait()
        return None

    def leave(self, assignment: Assignment, lock: Lock) -> None:
        """Its bot is gone: keep browser and lock while that is warm enough, else let both go."""
        self._host.forbid(assignment.data)
        with self._lock:
            kept = _Kept(assignment, lock, self._clock.monotonic())
            kept.waiting = self._put_off.pop(assignment.session, [])
            self._kept[assignment.session] = kept
            stays = assignment.warm and self._limits.warm and not self._over
            if not stays or not self._host.running(assignment.data):
                self._begin_closing(kept)
                return
            if self._watch is None:
                self._watch = threading.Thread(target=self._follow, name="warm browsers", daemon=True)
                self._watch.start()
        self._news.set()

    def after(self, assignment: Assignment, act: Callable[[], None], dropped: Callable[[], None]) -> None:
        """Call `act` once the slot is free, maybe now; `dropped` when it is taken again instead."""
        with self._lock:
            kept = self._kept.get(assignment.session)
            if kept is not None:
                kept.waiting.append(_Waiting(act, dropped))
                return
        act()

    def release(self, slot: str) -> bool:
        """Close the browser of a slot that is kept; True once its lock is free, False for any other slot."""
        closed = self._close_kept(slot)
        return bool(closed) and not any(kept.stays for kept in closed)

    def close(self) -> None:
        """Close every browser and release every lock; from now on nothing is kept."""
        with self._lock:
            self._over = True
            waiting = [one for put_off in self._put_off.values() for one in put_off]
            self._put_off.clear()
        self._news.set()
        self._close_kept()
        for one in waiting:
            one.act()
        try:
            self._host.stop()
        except (WagitError, OSError) as failed:
            self._notice(str(failed))

    def look(self) -> float | None:
        """Close what must not stay open any more; return seconds until the next look, None for none."""
        with self._lock:
            kept = [one for one in self._kept.values() if not one.closing]
        left = [Left(one.assignment.slot, one.since, self._memory(one)) for one in kept]
        now = self._clock.monotonic()
        closed = due(left, now, self._limits)
        with self._lock:
            for one, seen in zip(kept, left, strict=True):
                if seen in closed and self._kept.get(one.assignment.session) is one:
                    self._begin_closing(one)
        return next_look([seen for seen in left if seen not in closed], now, self._limits)

    def _memory(self, kept: _Kept) -> int | None:
        data = kept.assignment.data
        return self._host.memory(data) if self._host.running(data) else None

    def _follow(self) -> None:
        while True:
            self._news.clear()
            if self._over:
                return
            self._news.wait(self.look())

    def _close_kept(self, slot: str | None = None) -> list[_Kept]:
        """Close the slot's, or all, and wait for that."""
        with self._lock:
            kept = [one for one in self._kept.values() if slot in (None, one.assignment.slot)]
            for one in kept:
                self._begin_closing(one)
        for one in kept:
            one.closed.wait()
        return kept

    def _begin_closing(self, kept: _Kept) -> None:
        if not kept.closing:
            kept.closing = True
            name = f"close browser of {kept.assignment.slot}"
            threading.Thread(target=self._end, args=(kept,), name=name).start()

    def _end(self, kept: _Kept) -> None:
        """Close a slot's browser, let the slot go, and tell who waits; a browser that stays keeps it."""
        try:
            self._let_go(kept)
        finally:
            with self._lock:
                del self._kept[kept.assignment.session]
                waiting = kept.waiting
            for one in waiting:
                (one.dropped if kept.stays else one.act)()
            kept.closed.set()

    def _let_go(self, kept: _Kept) -> None:
        kept.stays = True
        try:
            self._host.close(kept.assignment.data)
        except (WagitError, OSError) as failed:
            self._notice(f"{kept.assignment.title}: {failed}; the slot stays in use")
            return
        kept.lock.release()
        kept.stays = False
