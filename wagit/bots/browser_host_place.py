"""One profile: the browser that is hosted on it, and the stub that stands for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from wagit.bots.browser_host_options import (
    Facts,
    Options,
    Request,
    command_of,
    decide,
    environ_of,
    options_of,
)
from wagit.bots.browser_host_pages import trim
from wagit.bots.browser_host_process import Process, is_used
from wagit.bots.browser_host_socket import Stub
from wagit.browser.devtools import DevToolsFailed
from wagit.browser.profile import browser_of
from wagit.browser.stop import GRACE, BrowserStays, close_browser
from wagit.core.processes import start_time

STARTS_WITHIN = 20.0  # seconds; then the bot starts its own
_LEAVES_WITHIN = 2.0  # seconds for a stub to end once it was told to


class HostedBrowser(NamedTuple):
    """A browser that runs: its profile, its main process and its DevTools."""

    profile: str
    pid: int
    endpoint: str  # ws://127.0.0.1:PORT/devtools/browser/UUID
    started: float  # seconds since the epoch


class _Open(NamedTuple):
    browser: HostedBrowser
    options: Options
    process: Process


class Place:
    """Decides for one profile; one decision at a time, whatever thread asks."""

    def __init__(self, profile: str, notice: Callable[[str], None]) -> None:
        self.profile = profile
        self._notice = notice
        self._deciding = threading.Lock()
        self._open: _Open | None = None
        self._stub: Stub | None = None

    def running(self) -> HostedBrowser | None:
        """The browser, while it runs."""
        found = self._open
        return found.browser if found is not None and found.process.status is None else None

    def serves(self) -> bool:
        """Whether a stub stands for the browser now."""
        stub = self._stub
        return stub is not None and not stub.gone()

    def give(self, request: Request, stub: Stub, allowed: Callable[[], bool]) -> HostedBrowser | None:
        """The browser for this stub, which stands for it from now on; None when the bot starts its own."""
        with self._deciding:
            found = self._found(request, allowed())
            if found is None:
                return None
            self._stub = stub
        if found.process.status is not None:
            stub.tell(ended=found.process.status)
        return found.browser

    def open(self, request: Request, allowed: Callable[[], bool]) -> HostedBrowser | None:
        """The browser for a bot that connects to it by itself: as it is, while somebody uses it."""
        with self._deciding:
            runs = self.running()
            if runs is not None and allowed() and (self.serves() or is_used(runs.pid, runs.endpoint)):
                return runs
            found = self._found(request, allowed())
            return found and found.browser

    def _found(self, request: Request, allowed: bool) -> _Open | None:
        runs = self._open if self.running() else None
        wanted = options_of(request)
        facts = Facts(allowed, self.serves(), wanted, runs and runs.options, self._intact())
        verdict = decide(facts)
        if verdict == "own" or wanted is None:
            return None
        if verdict == "reuse" and runs is not None and _trimmed(runs.browser):
            return runs
        try:
            self._close()
        except BrowserStays as stays:
            self._failed(stays.message)
            return None
        return self._start(request, wanted)

    def _start(self, request: Request, options: Options) -> _Open | None:
        try:
            process = Process(command_of(request), request.cwd, environ_of(request), self._tell_end)
        except OSError as failed:
            self._failed(f"{request.program}: {failed.strerror}")
            return None
        endpoint = process.endpoint(STARTS_WITHIN)
        if not endpoint:
            status = process.status
            process.kill()
            why = f"no DevTools within {STARTS_WITHIN:.0f} s" if status is None else f"exit status {status}"
            self._failed(f"{request.program}: {why}: {process.last_line()}")
            return None
        named = browser_of(self.profile)  # a program that starts another one has another pid
        pid = named.pid if named else process.pid
        browser = HostedBrowser(self.profile, pid, endpoint, start_time(pid) or 0.0)
        self._open = _Open(browser, options, process)
        return self._open

    def _failed(self, why: str) -> None:
        self._notice(f"no browser could be hosted: {why}")

    def _intact(self) -> bool:
        """Whether the browser still has its profile: with a deleted directory goes `SingletonLock`."""
        runs = self.running()
        named = browser_of(self.profile) if runs else None
        return runs is None or (named is not None and named.pid == runs.pid)

    def _tell_end(self, status: int) -> None:
        stub = self._stub
        if stub is not None:
            stub.tell(ended=status)

    def left(self, stub: Stub) -> None:
        """The stub is gone. A browser whose profile was deleted beneath it is of no more use."""
        with self._deciding:
            if self._stub is not stub:
                return
            self._stub = None
            if not self._intact():
                self._close_quietly()

    def close(self) -> None:
        """Close the browser safely, wait for it and for its stub. Raises BrowserStays."""
        with self._deciding:
            stub = self._stub
            self._close()
        if stub is not None:
            stub.wait_gone(_LEAVES_WITHIN)

    def close_unused(self) -> None:
        """The bot is about to delete the profile: close its browser, unless the bot still uses it."""
        with self._deciding:
            if not self.serves():
                self._close_quietly()

    def _close_quietly(self) -> None:
        try:
            self._close()
        except BrowserStays as stays:
            self._notice(stays.message)

    def _close(self) -> None:
        found = self._open
        if found is None:
            return
        if found.process.status is None:
            if close_browser(self.profile).how == "not-running":  # its data was moved away with the profile
                found.process.interrupt()
            if not found.process.wait(GRACE):
                found.process.kill()
        self._open = None


def _trimmed(browser: HostedBrowser) -> bool:
    try:
        trim(browser.endpoint)
    except DevToolsFailed:
        return False  # it hangs: another one takes its place
    return True
