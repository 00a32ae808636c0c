"""A small Playwright bot in Python: it opens WhatsApp Web, and prints one line an event.

Its only tie to wagit is the profile's path, from the environment; without wagit it uses ./profile.
"""

import os
import signal
from contextlib import suppress
from threading import Event

from playwright.sync_api import Error, Page, sync_playwright

PROFILE = os.environ.get("WAGIT_SESSION_PATH", "profile")
# WhatsApp turns a browser away that calls itself HeadlessChrome.
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
BROWSER = os.environ.get("PUPPETEER_EXECUTABLE_PATH") or None  # Playwright's own, unless told otherwise
STATE = """() => {
    const qr = document.querySelector('div[data-ref]')?.getAttribute('data-ref');
    return document.querySelector('#pane-side') ? 'ready' : qr ? 'qr ' + qr : '';
}"""

stopping = Event()


def watch(page: Page) -> None:
    """Print what the page shows, whenever that is something else."""
    before = ""
    while not stopping.wait(0.2):
        try:
            state = str(page.evaluate(STATE))
        except Error:  # the page is loaded anew, or gone
            state = ""
        if state != before:
            print(state or "loading", flush=True)
            before = state


def main() -> None:
    """Run until a signal asks to stop."""
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            PROFILE,
            executable_path=BROWSER,
            headless=not os.environ.get("DISPLAY"),
            user_agent=USER_AGENT,
            handle_sigint=False,
            handle_sigterm=False,
        )
        page = context.pages[0]
        page.goto("https://web.whatsapp.com/")
        watch(page)
        with suppress(Error):  # wagit may have closed the browser already
            context.close()


if __name__ == "__main__":
    main()
