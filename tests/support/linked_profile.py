"""A user-data-dir as a linked WhatsApp Web leaves it, written by a real Chromium."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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


def write_profile(profile: Path, values: Mapping[str, str] = LINKED, remove: tuple[str, ...] = ()) -> Path:
    """Open WhatsApp's origin (no server, no network) in `profile`, keep `values`, close cleanly."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable(), args=list(FLAGS), headless=True
        )
        page = context.pages[0]
        page.route("**/*", lambda route: route.fulfill(body="<title>page</title>", content_type="text/html"))
        page.goto(WHATSAPP)
        page.evaluate(WRITE, dict(values))
        page.evaluate("(keys) => keys.forEach((key) => localStorage.removeItem(key))", list(remove))
        context.close()
    return profile


def read_profile(profile: Path) -> tuple[dict[str, str], list[str]]:
    """Open the profile again: what Chromium finds in Local Storage, and the names of its databases."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable(), args=list(FLAGS), headless=True
        )
        page = context.pages[0]
        page.route("**/*", lambda route: route.fulfill(body="<title>page</title>", content_type="text/html"))
        page.goto(WHATSAPP)
        found: dict[str, str] = page.evaluate("() => ({...localStorage})")
        names: list[str] = page.evaluate("async () => (await indexedDB.databases()).map((it) => it.name)")
        context.close()
    return found, names
