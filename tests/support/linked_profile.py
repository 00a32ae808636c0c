"""A user-data-dir as a linked WhatsApp Web leaves it, written by a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.browser import FLAGS, executable

WHATSAPP = "https://web.whatsapp.com/"
LINKED = {"last-wid-md": '"4915100000001:12@c.us"', "WANoiseInfo": '{"recoveryToken":"x"}'}

WRITE = """(values) => new Promise((resolve, reject) => {
  for (const [key, value] of Object.entries(values)) localStorage.setItem(key, value);
  const opening = indexedDB.open('wawc', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('user');
  opening.onsuccess = () => resolve(opening.result.close());
  opening.onerror = reject;
})"""


@contextmanager
def opened(profile: Path, *arguments: str) -> Iterator[Any]:
    """A page of WhatsApp's origin in a browser on `profile`, closed properly at the end if it still runs."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable(), args=[*FLAGS, *arguments], headless=True
        )
        page = context.pages[0]
        page.route("**/*", lambda route: route.fulfill(body="<title>page</title>", content_type="text/html"))
        page.goto(WHATSAPP)
        yield page
        with suppress(Error):
            context.close()


def write_profile(profile: Path, values: Mapping[str, str] = LINKED, remove: tuple[str, ...] = ()) -> Path:
    """Open WhatsApp's origin (no server, no network) in `profile`, keep `values`, close cleanly."""
    with opened(profile) as page:
        page.evaluate(WRITE, dict(values))
        page.evaluate("(keys) => keys.forEach((key) => localStorage.removeItem(key))", list(remove))
    return profile


def read_profile(profile: Path) -> tuple[dict[str, str], list[str]]:
    """Open the profile again: what Chromium finds in Local Storage, and the names of its databases."""
    with opened(profile) as page:
        found: dict[str, str] = page.evaluate("() => ({...localStorage})")
        names: list[str] = page.evaluate("async () => (await indexedDB.databases()).map((it) => it.name)")
    return found, names
