"""Keep a lease while a bot runs: renew it in time, and say at once when it is lost.

The time is watched apart from the renewals, which may hang on a dead network for longer than the lease lasts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from wagit.core.boot_clock import BootClock, SystemBootClock
from wagit.core.errors import FileTrouble, WagitError
from wagit.team import lease
from wagit.team.head import Request
from wagit.team.leases import Held, LeaseLost, Leases

TICK = 1.0  # seconds: no wait is longer, as a thread's waits do not count the time that the machine sleeps
JOIN = 2.0  # seconds to wait at a stop for a renewal that is under way

Begin = Callable[[Callable[[], None]], None]
"""Runs something without waiting for it."""


def in_a_thread(what: Callable[[], None]) -> None:
    """Run it in a thread of its own, which keeps no process from its end."""
    threading.Thread(target=what, name="wagit-lease-renewal", daemon=True).start()


class Keeper:
    """Keeps `held`, a lease of `term` seconds whose bot is stopped within `grace` seconds.

    `lost` is told once, and why, when somebody else has the lease or when it may run out before its bot is
    stopped; nothing is renewed after that. `asked` is told once of each request. Both are called in the
    keeper's own thread.
    """

    def __init__(  # noqa: PLR0913  # the last two are seams
        self,
        leases: Leases,
        held: Held,
        lost: Callable[[str], None],
        asked: Callable[[Request], None],
        *,
        term: float,
        grace: float,
        clock: BootClock | None = None,
        begin: Begin = in_a_thread,
    ) -> None:
        self._leases, self._held, self._lost, self._asked = leases, held, lost, asked
        self._term, self._grace = term, grace
        self._clock = clock or SystemBootClock()
        self._begin = begin
        self._due = held.until - term + lease.renew_every(term)
        self._renewal: _Renewal | None = None
        self._trouble = ""
        self._told: Request | None = None
        self._over = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="wagit-lease", daemon=True)

    @property
    def held(self) -> Held:
        """The lease as it was renewed last."""
        return self._held

    def is_sure(self) -> bool:
        """Whether a bot may run on it now: not lost, and time enough left to stop one."""
        return not self._over and self._clock.now() < self._stop_at()

    def start(self) -> None:
        """Begin to keep it."""
        self._thread.start()

    def stop(self) -> None:
        """Keep it no longer; nothing is told after that. The lease stays: release it.

        Waits for a renewal that is under way, but not long: one that hangs ends with the process.
        """
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(JOIN)
        if self._renewal is not None:
            self._renewal.done.wait(JOIN)

    def tick(self) -> float:
        """Do what is due, without waiting for it. Returns the seconds until the next call, at most `TICK`."""
        if self._renewal is not None and self._renewal.done.is_set():
            renewal, self._renewal = self._renewal, None
            self._note(renewal)
        now = self._clock.now()
        if now >= self._stop_at():  # before it talks to anybody: the machine may just have woken
            self._give_up(self._ran_out())
        if self._over:
            return 0.0
        self._tell_of_request()
        if now >= self._due:  # one that is still under way then hangs, perhaps on a network that is gone
            self._due = now + lease.renew_every(self._term)
            self._renewal = _Renewal(self._leases, self._held)
            self._begin(self._renewal.run)
        under_way = self._renewal is not None
        return max(0.0, min(TICK / 10 if under_way else TICK, self._stop_at() - now, self._due - now))

    def _keep(self) -> None:
        while not self._over and not self._stopping.wait(self.tick()):
            pass

    def _stop_at(self) -> float:
        return lease.stop_at(self._held.until, self._term, self._grace)

    def _note(self, renewal: _Renewal) -> None:
        self._trouble = renewal.trouble
        if renewal.held is not None:
            self._held = renewal.held
            self._due = self._held.until - self._term + lease.renew_every(self._term)
        elif renewal.lost:
            self._give_up(renewal.trouble)
        else:
            self._due = self._clock.now() + lease.retry_after(self._term)

    def _tell_of_request(self) -> None:
        request = self._held.request
        if request is not None and request != self._told and not self._stopping.is_set():
            self._told = request
            self._asked(request)

    def _ran_out(self) -> str:
        why = self._trouble or "nothing renewed it in time, as after a sleep of the machine"
        return f"the lease of slot {self._held.slot!r} has run out: {why}"

    def _give_up(self, why: str) -> None:
        if not self._over and not self._stopping.is_set():
            self._over = True
            self._lost(why)


class _Renewal:
    """One try, and what came of it; `done` is set last."""

    def __init__(self, leases: Leases, held: Held) -> None:
        self._leases, self._before = leases, held
        self.held: Held | None = None
        self.lost = False
        self.trouble = ""
        self.done = threading.Event()

    def run(self) -> None:
        """Try it. Whatever fails but the lease itself is no more than trouble: time decides."""
        try:
            self.held = self._leases.renew(self._before)
        except LeaseLost as error:
            self.lost, self.trouble = True, error.message
        except WagitError as error:
            self.trouble = error.message
        except OSError as error:
            self.trouble = FileTrouble.of(error).message
        except Exception as error:  # a fault of wagit's: it must not end the watch over the time
            self.trouble = repr(error)
        finally:
            self.done.set()
