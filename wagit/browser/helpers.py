"""A browser's helper processes (`--type=gpu-process` and others): some outlive its main process a moment.

The one for the network still writes cookies then, so a profile is at rest only when all of them ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from wagit.browser.waiting import wait_for_exit
from wagit.drivers import proc
from wagit.drivers.chrome import SWITCH

_ENDED_WITHIN = 2.0  # seconds before SIGKILL; 0.5 were seen, on a busy machine


class Helpers:
    """The helpers of one browser, told by what each inherits: its process group, and the profile's switch.

    Make it while the browser still runs: its own process is what that is read from.
    """

    def __init__(self, browser: int) -> None:
        self._group = _group_of(browser)
        self._switches = [word for word in proc.arguments(browser) if word.startswith(SWITCH)][-1:]

    def pids(self) -> list[int]:
        """Those that run."""
        if self._group is None or not self._switches:
            return []
        return [pid for pid in proc.pids() if _group_of(pid) == self._group and self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        line = " ".join(proc.arguments(pid)) + " "  # Chromium rewrites it: a single word, by the kernel
        return f" {self._switches[0]} " in line and " --type=" in line

    def await_end(self, timeout: float = _ENDED_WITHIN) -> None:
        """Wait for all of them; what still runs after `timeout` seconds is killed, as it has no browser."""
        if not self._ended(timeout):
            _kill(self.pids())
            self._ended(timeout)

    def _ended(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while left := self.pids():
            if not wait_for_exit(left[0], deadline - time.monotonic()):
                return False
        return True


def _kill(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        except OSError:
            continue  # it has just ended, or is another user's


def _group_of(pid: int) -> int | None:
    """Its process group; None when it is gone, and where there are none (Windows ends helpers by itself)."""
    if sys.platform == "win32":
        return None
    try:
        return os.getpgid(pid)
    except OSError:
        return None
