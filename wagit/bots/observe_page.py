"""Look at a bot's session in its browser: a thread that attaches to WhatsApp's page, and never hinders it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from wagit.bots.observation import Observation
from wagit.bots.observe_pulse import Limits
from wagit.bots.observe_reading import Reading
from wagit.browser.attach import Attachment, PageFound, PageLost
from wagit.browser.devtools import DevToolsFailed, endpoint
from wagit.browser.states import Facts
from wagit.core.clock import Clock

FIRST_LOOK, LAST_LOOK = 0.25, 2.0  # seconds between looks for a browser's endpoint, from the first on
STOPS_WITHIN = 2.0  # seconds; the thread of a browser that hangs ends later, and tells nothing
GONE = "the browser is gone"
HANGS = "the browser does not answer"
CLOSED = "WhatsApp's page was closed"


class PageObserver:
    """Follows the first browser found on one of `profiles`, and the one after it.

    `since`: when the bot started, in seconds since the epoch. A browser whose DevTools listen at no port
    is never found: then nothing is told.
    """

    def __init__(
        self,
        profiles: Callable[[], Sequence[str]],
        tell: Callable[[Observation], None],
        limits: Limits,
        clock: Clock,
        since: float,
    ) -> None:
        self._profiles = profiles
        self._tell_outside = tell
        self._answer = limits.answer
        self._since = since
        self._reading = Reading(self._tell, limits, clock)
        self._page: Attachment | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observe page", daemon=True)

    @property
    def sees(self) -> bool:
        """Whether it is attached to a page."""
        page = self._page
        return page is not None and page.has_page

    def start(self) -> None:
        """Return at once."""
        self._thread.start()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._stopped.set()
        page = self._page
        if page is not None:
            page.close()
        if self._thread.ident is not None:
            self._thread.join(STOPS_WITHIN)

    def _run(self) -> None:
        wait = FIRST_LOOK
        while not self._stopped.is_set():
            address = self._address()
            if address is not None:
                self._attach(address)
                wait = FIRST_LOOK
            self._reading.act(lambda: None)
            before = self._reading.moment()
            self._stopped.wait(wait)
            self._reading.slept(before, wait)
            wait = min(2 * wait, LAST_LOOK)

    def _address(self) -> str | None:
        with suppress(OSError):
            return next(filter(None, map(endpoint, self._profiles())), None)
        return None

    def _attach(self, address: str) -> None:
        """Follow a browser to its end."""
        try:
            with Attachment(address, self._since, self._answer) as page:
                self._page = page
                self._follow(page)
        except DevToolsFailed:
            hangs = self._address() is not None
            if hangs or self._reading.knows_page:
                self._reading.lost(HANGS if hangs else GONE)
        finally:
            self._page = None

    def _follow(self, page: Attachment) -> None:
        reading = self._reading
        while not self._stopped.is_set():
            reading.act(page.ask)
            before, left = reading.moment(), reading.left()
            news = page.next(left)
            if left is not None:
                reading.slept(before, left)
            match news:
                case Facts():
                    reading.read(news)
                case PageFound():
                    reading.found()
                case PageLost(how):
                    reading.lost(CLOSED) if how == "closed" else reading.failed()

    def _tell(self, what: Observation) -> None:
        if not self._stopped.is_set():
            self._tell_outside(what)
