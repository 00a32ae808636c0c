"""Sessions made by real Chromium on the stand-in, and what real Chromium finds in a session.

with chromium(standin) as browsers:
    session = browsers.linked(tmp_path / "profile", number, megabytes=20)
    assert browsers.opened(session) == Found("ready", session.rows)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import BrowserContext, Error, Page, Playwright, sync_playwright

from tests.support.browser import executable
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

URL = "https://web.whatsapp.com/"
PATIENCE = 60_000  # milliseconds; a page is ready within some tenths of a second
RUNS = 2  # of the browser: only what was closed and opened again has tables in both databases

READY = "window.Debug?.VERSION && require('WAWebSocketModel').Socket.hasSynced"
SHOWN = f"document.querySelector('div[data-ref]') ? 'qr' : {READY} ? 'ready' : ''"
# WhatsApp Web keeps drafts, settings and caches there: enough for Chromium to make a table of them.
STORE = """([run, count]) => {
  for (let row = 0; row < count; row++) localStorage[`${run}-${row}`] = `${Math.random()} `.repeat(50);
}"""
ROWS = (Path(__file__).parent / "rows.js").read_text(encoding="utf-8")

Rows = Mapping[str, str]


class Session(NamedTuple):
    """A session that was closed cleanly: where it is, whose, and each store's rows as a digest."""

    profile: Path
    number: str
    rows: Rows


class Found(NamedTuple):
    """What Chromium found: `ready`, `qr` or what went wrong, and the rows if all of them could be read.

    `older`: the session lacked what its last start had written; so does every copy of an older one.
    """

    state: str
    rows: Rows
    older: bool = False


class Browsers:
    """Starts Chromium on profiles, against the stand-in."""

    def __init__(self, playwright: Playwright, standin: Standin) -> None:
        self._chromium = playwright.chromium
        self._standin = standin
        self.phone = Phone(standin.control_url)

    @contextmanager
    def page(self, profile: Path, url: str = URL) -> Iterator[Page]:
        """WhatsApp's page in a browser on the profile; closed cleanly at the end if it still runs."""
        context = self._open(profile)
        try:
            page = context.pages[0]
            page.goto(url)
            yield page
        finally:
            with suppress(Error):
                context.close()

    def linked(self, profile: Path, number: str, megabytes: int = 0) -> Session:
        """Link a new session, let it grow, and close it."""
        rows: Rows = {}
        for run in range(RUNS):
            with self.page(profile) as page:
                if self.shown(page) == "qr":
                    self.phone.link(number, ref=self.phone.wait_ref())
                    page.wait_for_function(READY, timeout=PATIENCE, polling=50)
                self.phone.wait_ready(number)
                if megabytes:
                    self.phone.grow(number, megabytes // RUNS)
                page.evaluate(STORE, [run, 100])
                rows = page.evaluate(ROWS)
        self.phone.wait_offline(number)
        return Session(profile, number, rows)

    def opened(self, session: Session) -> Found:
        """Start Chromium on the session as it is now, read every row, and close it cleanly."""
        rollbacks = self._rollbacks(session)
        try:
            with self.page(session.profile) as page:
                state = self.shown(page)
                rows = _rows_of(page) if state == "ready" else {}
        except Error as failed:
            return Found(f"no start: {failed.message.splitlines()[0]}", {})
        finally:
            self.phone.wait_offline(session.number)
        return Found(state, rows, older=self._rollbacks(session) > rollbacks)

    def shown(self, page: Page) -> str:
        """Wait until the page is ready or shows a QR; tell which."""
        return str(page.wait_for_function(SHOWN, timeout=PATIENCE, polling=50).json_value())

    def _rollbacks(self, session: Session) -> int:
        return sum(device.rollbacks for device in self.phone.devices(session.number))

    def _open(self, profile: Path) -> BrowserContext:
        return self._chromium.launch_persistent_context(
            profile, executable_path=executable(), args=self._standin.chromium_args, headless=True
        )


def _rows_of(page: Page) -> Rows:
    try:
        return dict(page.evaluate(ROWS))
    except Error:  # Chromium takes the database away from the page when it meets damage
        return {}


@contextmanager
def chromium(standin: Standin) -> Iterator[Browsers]:
    """Playwright's driver for as long as the `with` block lasts; there can be only one at a time."""
    with sync_playwright() as playwright:
        yield Browsers(playwright, standin)
