"""Close the browser that has a profile open, so that everything it holds reaches the disk first.

SIGTERM is never sent: Chromium then exits with status 0 and without Local Storage's last writes, and
the login in it is torn. `Browser.close` and SIGINT lose nothing and take 0.1 to 0.2 s.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from wagit.browser.devtools import DevTools, DevToolsFailed, endpoint_of
from wagit.browser.helpers import Helpers
from wagit.browser.profile import BrowserProcess, browser_at, browser_of, starting_browser
from wagit.browser.waiting import pidfd, readable, wait_by_psutil
from wagit.core.errors import WagitError

GRACE = 10.0  # seconds before SIGKILL
_KILLED_WITHIN = 5.0  # seconds until the kernel must have ended a killed process
_STARTED_WITHIN = 2.0  # seconds from a browser's start to its signal handlers
_ANSWERS_WITHIN = 2.0  # seconds for DevTools to take `Browser.close`

How = Literal["devtools", "sigint", "sigkill", "not-running"]


class Closed(NamedTuple):
    """How a browser ended and how long it took. After `sigkill` the session may be torn: verify it."""

    how: How
    seconds: float


class BrowserStays(WagitError):
    """The browser cannot be ended: it is another user's, or not even SIGKILL ends it."""

    code = "browser-stays"


def close_browser(
    profile: str, timeout: float = GRACE, *, found: Callable[[int], None] | None = None
) -> Closed:
    """Close the browser that has `profile` open and wait until it and its helpers have ended.

    `found` is called with its pid before it is told anything.

    First `Browser.close` over DevTools where it has an endpoint of its own, else SIGINT; SIGKILL only
    when `timeout` seconds have passed. No process is touched unless its command line names this very
    directory. A browser on another host is not seen here (`not-running`): ask `lock_state`. Raises
    BrowserStays.
    """
    began = time.monotonic()
    browser = browser_of(profile) or starting_browser(profile)
    if browser is None:
        return Closed("not-running", 0.0)
    handle, helpers = _Handle(browser), Helpers(browser.pid)
    try:
        if found is not None:
            found(browser.pid)
        how = _close(browser, handle, began + timeout)
        helpers.await_end()
        return Closed(how, time.monotonic() - began)
    finally:
        handle.release()


def _close(browser: BrowserProcess, handle: _Handle, deadline: float) -> How:
    if handle.wait(0):
        return "not-running"
    how: How = "devtools" if _ask_devtools(browser, deadline) else "sigint"
    if how == "sigint":
        _interrupt(browser, handle, deadline)
    if handle.wait(deadline - time.monotonic()):
        return how
    handle.send(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    if not handle.wait(_KILLED_WITHIN):
        raise BrowserStays(
            f"the browser with pid {browser.pid} does not end, not even by SIGKILL",
            "it waits for its disk or device: look at `dmesg`, then try again",
        )
    return "sigkill"


def _ask_devtools(browser: BrowserProcess, deadline: float) -> bool:
    address = endpoint_of(browser)
    if address is None:
        return False
    try:
        with DevTools(address, min(_ANSWERS_WITHIN, deadline - time.monotonic())) as devtools:
            devtools.close_browser()
    except DevToolsFailed:
        return False
    return True


def _interrupt(browser: BrowserProcess, handle: _Handle, deadline: float) -> None:
    """Send SIGINT once. Chromium catches only the first; a second one kills it in the middle of its writes.

    So where SIGINT is not caught now, it either starts and soon will, or it is already closing.
    """
    if sys.platform == "win32":
        return
    handlers_by = min(deadline, time.monotonic() + _STARTED_WITHIN)
    while not _catches_sigint(browser.pid):
        if time.monotonic() > handlers_by or handle.wait(0.02):
            return
    handle.send(signal.SIGINT)


def _catches_sigint(pid: int) -> bool:
    """Whether the process has a handler for SIGINT, see SigCgt in proc(5); taken as true elsewhere."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            caught = next((line.split()[1] for line in file if line.startswith("SigCgt")), "")
    except OSError:
        return True
    return not caught or bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)


class _Handle:
    """A process that is signalled and awaited; where the kernel has pidfds, its pid cannot be recycled."""

    def __init__(self, browser: BrowserProcess) -> None:
        self._browser = browser
        self._descriptor = pidfd(browser.pid)
        self._gone = browser_at(browser.pid, browser.profile) is None  # it ended before we held it

    def wait(self, timeout: float) -> bool:
        if not self._gone and self._descriptor is not None:
            self._gone = readable(self._descriptor, timeout)
        elif not self._gone:
            self._gone = wait_by_psutil(self._browser.pid, timeout)
        return self._gone

    def send(self, number: signal.Signals) -> None:
        if self.wait(0):
            return
        try:
            if sys.platform == "linux" and self._descriptor is not None:
                signal.pidfd_send_signal(self._descriptor, number)
            else:
                os.kill(self._browser.pid, number)
        except ProcessLookupError:
            self._gone = True
        except PermissionError as refused:
            raise BrowserStays(
                f"the browser with pid {self._browser.pid} belongs to another user",
                "close it as that user",
            ) from refused

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
