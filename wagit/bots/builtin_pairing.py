"""Pairing codes of the built-in bot: one as soon as the page waits to be linked, then a new one in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from wagit.browser.pairing import EVERY, PairingRefused, request_code
from wagit.browser.watch import PageEvent, QrShown, StateChanged
from wagit.core.clock import Clock

if TYPE_CHECKING:
    from playwright.async_api import Page


class CodeShown(NamedTuple):
    """A new pairing code waits to be typed into the phone: eight characters."""

    code: str
    since: float


class Pairing:
    """Asks for codes for `number` and tells them; none where there is no number."""

    def __init__(
        self,
        number: str | None,
        tell: Callable[[CodeShown], object],
        fail: Callable[[Exception], object],
        clock: Clock,
    ) -> None:
        self._number = number
        self._tell = tell
        self._fail = fail
        self._clock = clock
        self._asking: asyncio.Task[None] | None = None

    def follow(self, page: Page, event: PageEvent) -> bool:
        """Begin or end as the page's state says; whether the event is one to tell: QRs are not, here."""
        if self._number is None:
            return True
        if isinstance(event, StateChanged):
            self.stop()
            if event.state in ("qr", "logged-out"):
                self._asking = asyncio.create_task(self._ask(page, self._number))
        return not isinstance(event, QrShown)

    def stop(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self, page: Page, number: str) -> None:
        try:
            while (code := await request_code(page, number)) is not None:
                self._tell(CodeShown(code, self._clock.now()))
                await asyncio.sleep(EVERY)
        except PairingRefused as refused:
            self._fail(refused)
