"""Pages of the stand-in in one headless Chromium; each profile has a storage of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.browser import executable
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

URL = "https://web.whatsapp.com/"
PATIENCE = 20_000  # milliseconds; what is awaited takes some hundredths of a second
BOOTED = "window.Debug?.VERSION"  # before that, as after a reload, there is no require
POLL = 50  # milliseconds; frames, which Playwright awaits else, stop while a graphics process starts anew
SOCKET = "require('WAWebSocketModel').Socket"


@contextmanager
def chromium(standin: Standin) -> Iterator[Browser]:
    """A headless Chromium that takes the stand-in for WhatsApp Web."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=standin.chromium_args)
        yield browser
        browser.close()


@contextmanager
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """An empty profile; its pages share their storage, as tabs do."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def opened(context: BrowserContext) -> Page:
    """A page that shows the stand-in and has booted."""
    page = context.new_page()
    page.goto(URL)
    page.wait_for_function(BOOTED, polling=POLL)
    return page


def linked(context: BrowserContext, phone: Phone, number: str) -> Page:
    """A page that is ready as a new device of `number`."""
    page = opened(context)
    phone.link(number, ref=shown_qr(page))
    wait_ready(page)
    return page


def shown_qr(page: Page) -> str:
    """The QR that the page shows, as text."""
    return str(page.wait_for_selector("div[data-ref]").get_attribute("data-ref"))  # type: ignore[union-attr]


def wait_ready(page: Page) -> None:
    """Wait until the page says that it has synced."""
    page.wait_for_function(f"{BOOTED} && {SOCKET}.state === 'CONNECTED' && {SOCKET}.hasSynced", polling=POLL)


def wait_state(page: Page, state: str) -> None:
    """Wait until the page's socket is in `state`."""
    page.wait_for_function(f"{BOOTED} && {SOCKET}.state === '{state}'", polling=POLL)


def databases(page: Page) -> list[str]:
    """The names of the IndexedDB databases there are."""
    return [
        str(name) for name in page.evaluate("indexedDB.databases().then(all => all.map(({name}) => name))")
    ]


def stored(page: Page) -> dict[str, Any]:
    """What Local Storage holds."""
    return dict(page.evaluate("({...localStorage})"))
