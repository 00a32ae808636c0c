"""Make the pages of a browser that runs what a bot finds in one that has just started: one page."""

from __future__ import annotations

import time
from collections.abc import Sequence

from wagit.browser.devtools import WHATSAPP, DevTools, DevToolsFailed, Target

# Seconds, which a busy machine may take; a page with an open dialog, or a crashed one, never answers
_ANSWERS_WITHIN = 5.0


def trim(address: str) -> None:
    """Leave one page that answers: WhatsApp's, else an empty one. Raises DevToolsFailed.

    A bot takes `pages()[0]`, so another one must not be there.
    """
    with DevTools(address, _ANSWERS_WITHIN) as devtools:
        for context in devtools.call("Target.getBrowserContexts")["browserContextIds"]:
            devtools.call("Target.disposeBrowserContext", {"browserContextId": context})
        pages = _pages(devtools)
        kept = choose(pages)
        if kept is None or not _answers(devtools, kept):
            kept = None
            devtools.call("Target.createTarget", {"url": "about:blank"})
        others = [page.id for page in pages if page != kept]
        for page in others:
            devtools.call("Target.closeTarget", {"targetId": page})
        _await_closed(devtools, others)


def choose(pages: Sequence[Target]) -> Target | None:
    """The page that stays: WhatsApp's, else an empty one; None where one must be made."""
    shown = [page for page in pages if page.url.startswith(WHATSAPP)]
    empty = [page for page in pages if page.url == "about:blank"]
    return next(iter(shown + empty), None)


def _pages(devtools: DevTools) -> list[Target]:
    return [target for target in devtools.targets() if target.type == "page"]


def _answers(devtools: DevTools, page: Target) -> bool:
    try:
        return bool(devtools.evaluate(page, "1") == 1)
    except DevToolsFailed:
        return False


def _await_closed(devtools: DevTools, closing: Sequence[str]) -> None:
    deadline = time.monotonic() + _ANSWERS_WITHIN
    while any(page.id in closing for page in _pages(devtools)):
        if time.monotonic() > deadline:
            raise DevToolsFailed("a page does not close")
        time.sleep(0.005)
