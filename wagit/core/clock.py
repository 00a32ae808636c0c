"""Time as a seam, so that policy is tested without sleeping."""

from __future__ import annotations

import time
from typing import Protocol

DAY = 86400.0  # seconds


class Clock(Protocol):
    """What wagit asks of a clock."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that never run back."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run back."""
        return time.monotonic()


class StoppedClock:
    """Tells the moment in which it was made, so that all that one command logs has one time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moment = clock.now()

    def now(self) -> float:
        """Seconds since the epoch, always the same."""
        return self._moment

    def monotonic(self) -> float:
        """Seconds that never run back, and go on."""
        return self._clock.monotonic()


def rfc3339(seconds: float) -> str:
    """Write seconds since the epoch as RFC 3339 in UTC with milliseconds: 2026-11-20T09:51:00.000Z."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"
