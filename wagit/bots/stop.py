"""The safe stop: the browser first, then the bot, then whatever the bot left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from wagit.bots.child import Running
from wagit.bots.family import KILL, TERMINATE
from wagit.bots.ladder import Rung, Seen, next_step
from wagit.core.clock import Clock, SystemClock
from wagit.core.errors import WagitError

_POLL = 0.02  # seconds; the kernel tells of one child's end, not of a whole group's
_STATUS_WITHIN = 5.0  # seconds; only a process that not even SIGKILL ends takes as long
_BY_OUR_SIGNALS = (128 + 15, 128 + 9)


class Browsers(Protocol):
    """The browsers on one slot's data."""

    def live(self) -> bool:
        """Whether one runs."""

    def close(self, found: Callable[[int], None]) -> bool:
        """Close all of them safely, also one that is just starting; whether there was one.

        `found` is called with the pid of each before it hears of it.
        """


class SlotBrowsers:
    """The browsers of the profiles that `profiles` lists, asked anew each time."""

    def __init__(self, profiles: Callable[[], Sequence[str]]) -> None:
        self._profiles = profiles

    def live(self) -> bool:
        """Whether one of them is open in a browser of this machine."""
        from wagit.browser.profile import browser_of

        return any(browser_of(profile) is not None for profile in self._profiles())

    def close(self, found: Callable[[int], None]) -> bool:
        """Close each and return when they have ended; raises BrowserStays for one that does not."""
        from wagit.browser.stop import close_browser

        ended = [close_browser(profile, found=found).how for profile in self._profiles()]
        return any(how != "not-running" for how in ended)


class Step(NamedTuple):
    """A rung that was needed, and for how many seconds."""

    rung: Rung
    seconds: float


class Stopped(NamedTuple):
    """How a bot ended.

    `status` is its exit status as the shell tells it, None when only our signals ended it. `steps` are
    the rungs that were needed. `left` counts processes that not even SIGKILL ended. `problem` is what
    closing a browser failed with, else empty.
    """

    status: int | None
    steps: tuple[Step, ...] = ()
    left: int = 0
    problem: str = ""

    @property
    def troubles(self) -> tuple[str, ...]:
        """What people should know of it."""
        stay = f"{self.left} processes of the bot do not end, not even by SIGKILL" if self.left else ""
        return tuple(text for text in (self.problem, stay) if text)


class Stopper:
    """One safe stop of one bot. `run` blocks; `hurry` may be called from any thread."""

    def __init__(self, child: Running, browsers: Browsers, grace: float, clock: Clock | None = None) -> None:
        self._child = child
        self._closing = _Closing(browsers, self._hold_bot)
        self._browsers = browsers
        self._grace = grace
        self._clock = clock or SystemClock()
        self._hurried = threading.Event()
        self._signalling = threading.Lock()
        self._signalled = False
        self._steps: list[Step] = []

    def hurry(self) -> None:
        """Go on to the next rung at once."""
        self._hurried.set()

    def run(self) -> Stopped:
        """Stop the bot and all that belongs to it; never raises for what a process or browser does."""
        rung, began = None, self._clock.monotonic()
        while rung is not Rung.DONE:
            now = self._clock.monotonic()
            step = next_step(self._look(rung, now - began), self._grace)
            if step is None:
                self._pause()
                continue
            if rung is not None:
                self._steps.append(Step(rung, now - began))
            rung, began = step, now
            self._begin(step)
        return self._result()

    def _look(self, rung: Rung | None, waited: float) -> Seen:
        bot = self._child.family.group_alive()
        closing = self._closing.under_way()
        return Seen(
            rung,
            waited,
            hurried=self._hurried.is_set(),
            closing=closing,
            closes=self._closing.count,
            closed=self._closing.closed,
            bot_at_close=self._closing.with_bot,
            browser=not bot and not closing and self._browsers.live(),
            bot=bot,
            strays=not bot and bool(self._child.family.strays()),
        )

    def _begin(self, rung: Rung) -> None:
        family = self._child.family
        self._hurried.clear()
        if rung is not Rung.DONE:
            family.remember()
        match rung:
            case Rung.CLOSE | Rung.CLOSE_AGAIN:
                self._closing.begin(with_bot=family.group_alive())
            case Rung.TERMINATE:
                self._signal(self._child.terminate)
            case Rung.KILL:
                self._signal(self._child.kill)
            case Rung.END_STRAYS:
                family.signal_strays(TERMINATE)
            case Rung.KILL_STRAYS:
                family.signal_strays(KILL)

    def _hold_bot(self, browser: int) -> None:
        """Let the bot see nothing until its browser has written everything.

        A bot that dies of the closed page takes the browser with it: puppeteer kills what still runs when
        its process exits (@puppeteer/browsers, launch.js: `#onDriverProcessExit`).
        """
        with self._signalling:
            if not self._signalled:
                self._child.pause(but=browser)

    def _signal(self, send: Callable[[], None]) -> None:
        with self._signalling:
            self._signalled = self._signalled or self._child.status is None
            send()

    def _pause(self) -> None:
        if self._closing.under_way():
            self._closing.wait(_POLL)
        elif self._child.status is None:
            self._child.wait(_POLL)
        else:
            self._hurried.wait(_POLL)

    def _result(self) -> Stopped:
        self._child.wait(_STATUS_WITHIN)  # the group is gone, so its leader's status is a thread away
        status = self._child.status
        if self._signalled and status in _BY_OUR_SIGNALS:
            status = None
        left = len(self._child.family.strays()) + self._child.family.group_alive()
        self._child.reap()
        return Stopped(status, tuple(self._steps), left, self._closing.problem)


class _Closing:
    """Closes browsers in a thread, one closing at a time: a second SIGINT would end Chromium mid-write."""

    def __init__(self, browsers: Browsers, found: Callable[[int], None]) -> None:
        self._browsers = browsers
        self._found = found
        self._thread: threading.Thread | None = None
        self.count = 0
        self.with_bot = False
        self.closed = False
        self.problem = ""

    def begin(self, *, with_bot: bool) -> None:
        if self.under_way():
            return
        self.count += 1
        self.with_bot = with_bot
        self._thread = threading.Thread(target=self._close, name="close browser", daemon=True)
        self._thread.start()

    def under_way(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self, timeout: float) -> None:
        if self._thread is not None:
            self._thread.join(timeout)

    def _close(self) -> None:
        try:
            self.closed = self._browsers.close(self._found)
        except (WagitError, OSError) as failed:
            self.problem = str(failed)
