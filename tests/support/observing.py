"""A browser on the stand-in's WhatsApp with somebody who looks at it, and what that tells.

with observed(tmp_path / "profile", standin) as (browser, seen):
    seen.wait_state("qr")
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.browser import PATIENCE, devtools_browser
from wagit.bots.observation import Observation, Seen, StateSeen, after
from wagit.bots.observe_page import PageObserver
from wagit.bots.observe_pulse import Limits
from wagit.browser.devtools import WHATSAPP, DevTools, Target, endpoint
from wagit.core.clock import SystemClock
from wagit.standin.server import Standin

Browser = subprocess.Popen[bytes]
# A busy machine must not be taken for silence
CALM = Limits(every=300, answer=30)


class Told:
    """What was seen, in order; `position` is where the next wait begins."""

    def __init__(self) -> None:
        self.all: list[Observation] = []
        self._position = 0
        self._news = threading.Condition()

    def __call__(self, what: Observation) -> None:
        with self._news:
            self.all.append(what)
            self._news.notify_all()

    def wait(self, wanted: Callable[[Observation], bool]) -> Observation:
        """Wait for the next one that is wanted, behind the one that was awaited before."""
        with self._news:
            assert self._news.wait_for(lambda: any(map(wanted, self._new())), PATIENCE), self.all
            count, found = next((n, what) for n, what in enumerate(self._new(), 1) if wanted(what))
            self._position += count
        return found

    def nothing(self, for_: float) -> None:
        """Fails when anything is told within so many seconds."""
        with self._news:
            assert not self._news.wait_for(lambda: self._new() != [], for_), self.all

    def wait_state(self, state: str) -> StateSeen:
        found = self.wait(lambda what: isinstance(what, StateSeen) and what.state == state)
        assert isinstance(found, StateSeen)
        return found

    def wait_a(self, kind: type[Observation]) -> Observation:
        return self.wait(lambda what: isinstance(what, kind))

    @property
    def seen(self) -> Seen:
        """All of it together."""
        seen = Seen()
        for what in self.all:
            seen = after(seen, what)
        return seen

    def _new(self) -> list[Observation]:
        return self.all[self._position :]


@contextmanager
def whatsapp(profile: Path, standin: Standin, *arguments: str) -> Iterator[Browser]:
    """A browser that shows the stand-in's page."""
    arguments = (*standin.chromium_args, *arguments)
    with devtools_browser(profile, *arguments, url=WHATSAPP) as browser:
        yield browser


@contextmanager
def observing(profile: Path, limits: Limits = CALM, since: float | None = None) -> Iterator[Told]:
    """Look at whatever browser has the profile open; as if a bot had started just now."""
    told = Told()
    began = time.time() - 60 if since is None else since
    observer = PageObserver(lambda: [os.fspath(profile)], told, limits, SystemClock(), began)
    observer.start()
    try:
        yield told
    finally:
        observer.stop()


def evaluate(profile: Path, expression: str) -> object:
    """What an expression is in WhatsApp's page."""
    with page_of(profile) as (devtools, page):
        return devtools.evaluate(page, expression)


@contextmanager
def page_of(profile: Path) -> Iterator[tuple[DevTools, Target]]:
    """WhatsApp's page, to be asked."""
    address = endpoint(os.fspath(profile))
    assert address is not None
    with DevTools(address) as devtools:
        page = devtools.whatsapp_page()
        assert page is not None
        yield devtools, page
