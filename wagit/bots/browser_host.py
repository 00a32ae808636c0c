"""Browsers that a supervisor runs for its bots: each outlives the bot that asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class HostedBrowser(NamedTuple):
    """A browser that runs: its profile, its main process and its DevTools."""

    profile: str
    pid: int
    endpoint: str  # ws://127.0.0.1:PORT/devtools/browser/UUID
    started: float  # seconds since the epoch


class BrowserHost:
    """Answers the stubs that bots start instead of Chromium. Only `close` and `stop` block their caller.

    `notice` prints one line; it is called from threads of the host's own.
    """

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self.address = ""  # the socket's path, for WAGIT_BROWSER; from `start` on

    def start(self) -> None:
        """Listen, on a socket in a private directory of its own. Raises OSError."""

    def allow(self, data: str) -> None:
        """From now on host browsers whose profile is `data` or below it: its lock is ours."""

    def forbid(self, data: str) -> None:
        """From now on bots start their own browsers there; those that run stay."""

    def running(self, data: str) -> list[HostedBrowser]:  # noqa: ARG002
        """The browsers that run on profiles at or below `data`."""
        return []

    def serves(self, data: str) -> bool:  # noqa: ARG002
        """Whether a bot uses one of them now."""
        return False

    def memory(self, data: str) -> int:  # noqa: ARG002
        """Bytes that these browsers take, with their helper processes; what they share counts once."""
        return 0

    def close(self, data: str) -> None:
        """Close these browsers safely and wait until they, and the stubs that they serve, have ended.

        Raises BrowserStays.
        """

    def stop(self) -> None:
        """Close every browser and remove the socket; from now on bots start their own."""
