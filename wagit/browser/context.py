"""A browser of wagit's own, driven by Playwright."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from wagit.browser.launch import Launch
from wagit.browser.stop import Closed
from wagit.core.errors import WagitError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright

_STARTS_WITHIN = 60.0  # seconds
_CLOSES_WITHIN = 5.0  # seconds; what is open after that is for `close_browser`


class BrowserFailed(WagitError):
    """The browser ended before it could be used."""

    code = "browser-failed"


@asynccontextmanager
async def playwright_driver() -> AsyncIterator[Playwright]:
    """Playwright; its driver, a node process, may die or hang without holding us up."""
    from playwright.async_api import async_playwright

    asyncio.get_running_loop().set_exception_handler(_driver_may_end)
    manager = async_playwright()
    playwright = await manager.start()
    try:
        yield playwright
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(playwright.stop(), _CLOSES_WITHIN)


def _driver_may_end(loop: asyncio.AbstractEventLoop, trouble: dict[str, Any]) -> None:
    """Say nothing of a driver that ended with its process group; Playwright retrieves that error nowhere."""
    if "reading from the driver" not in str(trouble.get("exception")):
        loop.default_exception_handler(trouble)


async def open_context(playwright: Playwright, profile: str, launch: Launch) -> BrowserContext:
    """Start the browser that `launch` plans on `profile`, a pipe its only DevTools. Raises BrowserFailed.

    Playwright's own signal handlers stay off: whoever called decides when the browser ends.
    """
    from playwright.async_api import Error

    try:
        return await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=launch.executable,
            headless=launch.headless,
            args=launch.arguments,
            chromium_sandbox=launch.sandbox,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            no_viewport=True,
            accept_downloads=False,
            timeout=_STARTS_WITHIN * 1000,
        )
    except Error as failed:
        raise BrowserFailed(
            f"{launch.executable} did not start: {gist(failed)}",
            f"try it by hand: {launch.executable} --headless about:blank; where its sandbox cannot run, "
            """set WAGIT_CHROMIUM_ARGS='["--no-sandbox"]'""",
        ) from failed


async def close_context(context: BrowserContext) -> Closed:
    """Close the browser by `Browser.close`; what the result says holds if it is gone afterwards."""
    from playwright.async_api import Error

    began = time.monotonic()
    with suppress(Error, TimeoutError):
        await asyncio.wait_for(context.close(), _CLOSES_WITHIN)
    return Closed("devtools", time.monotonic() - began)


def gist(error: Exception) -> str:
    """The sentence of a Playwright error that says what happened, without its log."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "ERROR:" in line), lines[0] if lines else "no reason given")
