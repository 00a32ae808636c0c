"""The built-in bot: opens WhatsApp Web on a slot's profile, tells what it sees, stays until it is stopped."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from wagit.bots.builtin_pairing import CodeShown, Pairing
from wagit.bots.builtin_stop import Stop, stopped_by_signals
from wagit.browser.context import close_context, gist, open_context, playwright_driver
from wagit.browser.devtools import WHATSAPP
from wagit.browser.launch import Launch, check_free
from wagit.browser.profile import browser_of, lock_state
from wagit.browser.states import facts_from
from wagit.browser.stop import Closed, close_browser
from wagit.browser.waiting import wait_for_exit
from wagit.browser.watch import BINDING, SCRIPT, PageEvent, PageWatch
from wagit.core.clock import Clock

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Playwright

RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds between attempts to open the page; the last one repeats
_OPENS_WITHIN = 60.0  # seconds until WhatsApp's first byte


class PageTrouble(NamedTuple):
    """The page is not there: it crashed, or WhatsApp cannot be reached. It is opened again by itself."""

    what: Literal["crashed", "unreachable"]
    detail: str
    retry_in: float  # seconds
    since: float


class Ended(NamedTuple):
    """Why the bot ended and how its browser was closed.

    `asked`: it was told to; `closed`: somebody closed the browser, all is written; `died`: the browser
    was killed or crashed, verify the session.
    """

    reason: Literal["asked", "closed", "died"]
    browser: Closed
    since: float


BotEvent = PageEvent | PageTrouble | CodeShown | Ended


def run(
    session_path: str,
    launch: Launch,
    on_event: Callable[[BotEvent], object],
    stop: Stop,
    clock: Clock,
    pair: str | None = None,
) -> Ended:
    """Run the built-in bot on the profile at `session_path` until `stop`, a signal, or the browser's end.

    `on_event` is called for each event, the last one is Ended; what it raises ends the bot. With `pair`, a
    phone number's digits, pairing codes are shown in place of QRs. Raises ProfileBusy, BrowserFailed,
    BrowserStays, PairingRefused.
    """
    with stopped_by_signals(stop):
        return asyncio.run(_Bot(session_path, launch, on_event, clock, pair).run(stop))


class _Bot:
    """One run."""

    def __init__(
        self,
        profile: str,
        launch: Launch,
        on_event: Callable[[BotEvent], object],
        clock: Clock,
        pair: str | None,
    ) -> None:
        self._profile = profile
        self._launch = launch
        self._on_event = on_event
        self._clock = clock
        self._watch = PageWatch()
        self._pairing = Pairing(pair, self._tell, self._fail, clock)
        self._page: Page | None = None
        self._crashed = asyncio.Event()
        self._gone = asyncio.Event()  # the browser has ended, its window was closed, or on_event failed
        self._failure: Exception | None = None

    async def run(self, stop: Stop) -> Ended:
        check_free(self._profile)
        with stop.awaitable() as stopped:
            try:
                closed = await self._open_and_stay(stopped)
            except Exception:
                if self._page is not None or not stop.requested:
                    raise
                closed = Closed("not-running", 0.0)  # the stop took browser and driver away as they began
            finally:
                # Playwright's driver may be gone, hang, or have been too slow: nothing may stay behind
                made_sure = await asyncio.to_thread(close_browser, self._profile)
        if self._failure is not None:
            raise self._failure
        how = made_sure if made_sure.how != "not-running" else closed
        ended = Ended(self._reason(stopped.is_set()), how, self._clock.now())
        self._on_event(ended)
        return ended

    async def _open_and_stay(self, stopped: asyncio.Event) -> Closed:
        async with playwright_driver() as playwright:
            context = await self._start(playwright)
            try:
                await self._stay(context, stopped)
            finally:
                closed = await close_context(context)
        return closed

    async def _start(self, playwright: Playwright) -> BrowserContext:
        context = await open_context(playwright, self._profile, self._launch)
        context.on("close", lambda _: self._gone.set())
        self._notice_exit()
        await context.expose_binding(BINDING, self._reported)
        await context.add_init_script(SCRIPT)
        return context

    def _notice_exit(self) -> None:
        """Notice the browser's end also when Playwright's driver has died and tells nothing any more."""
        browser = browser_of(self._profile)
        if browser is None:
            self._gone.set()
            return
        loop = asyncio.get_running_loop()

        def wait() -> None:
            wait_for_exit(browser.pid, None)
            with suppress(RuntimeError):  # the loop is closed: we have long known
                loop.call_soon_threadsafe(self._gone.set)

        threading.Thread(target=wait, name="browser-exit", daemon=True).start()

    async def _stay(self, context: BrowserContext, stopped: asyncio.Event) -> None:
        tasks = [
            asyncio.create_task(waiting)
            for waiting in (self._keep_open(context), stopped.wait(), self._gone.wait())
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._pairing.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_open(self, context: BrowserContext) -> None:
        """Open WhatsApp Web, and in a new page again whenever the page has crashed."""
        page = context.pages[0] if context.pages else await context.new_page()
        for crashes in itertools.count():
            self._follow(page)
            await self._open(page)
            await self._crashed.wait()
            self._crashed.clear()
            await self._trouble("crashed", "the page crashed", crashes)
            page = await context.new_page()

    def _follow(self, page: Page) -> None:
        self._page = page
        page.on("crash", lambda _: self._crashed.set())
        page.on("close", lambda closed: self._gone.set() if closed is self._page else None)

    async def _open(self, page: Page) -> None:
        from playwright.async_api import Error

        for attempt in itertools.count():
            try:
                await page.goto(WHATSAPP, wait_until="commit", timeout=_OPENS_WITHIN * 1000)
            except Error as failed:
                if not (page.is_closed() or self._crashed.is_set()):
                    await self._trouble("unreachable", gist(failed), attempt)
                    continue
            return

    async def _trouble(self, what: Literal["crashed", "unreachable"], detail: str, attempt: int) -> None:
        delay = RETRY[min(attempt, len(RETRY) - 1)]
        self._tell(PageTrouble(what, detail, delay, self._clock.now()))
        await asyncio.sleep(delay)

    def _reported(self, source: Mapping[str, Any], read: object) -> None:
        page = self._page
        if page is None or source["page"] != page or source["frame"] != page.main_frame:
            return
        for event in self._watch.observe(facts_from(read), self._clock.now()):
            if self._pairing.follow(page, event):
                self._tell(event)

    def _tell(self, event: BotEvent) -> None:
        """Hand an event over; what that raises must end the bot, not travel into the page or a task."""
        try:
            self._on_event(event)
        except Exception as failure:
            self._fail(failure)

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure
        self._gone.set()

    def _reason(self, asked: bool) -> Literal["asked", "closed", "died"]:
        if asked:
            return "asked"
        return "died" if lock_state(self._profile).state == "dead" else "closed"
