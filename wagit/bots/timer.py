"""When something that comes again and again is due."""

from __future__ import annotations

from wagit.core.clock import Clock


class Timer:
    """Counts from `start`, and anew whenever it was due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._every = 0.0
        self._began = 0.0

    def start(self, every: float) -> None:
        """Be due every so many seconds from now on; 0 is never."""
        self._every = every
        self._began = self._clock.monotonic()

    def stop(self) -> None:
        """Never be due."""
        self._every = 0.0

    def left(self, limit: float | None) -> float | None:
        """Seconds until it is due, but not more than `limit`; None when nothing bounds them."""
        if not self._every:
            return limit
        left = max(0.0, self._began + self._every - self._clock.monotonic())
        return left if limit is None else min(left, limit)

    def is_due(self) -> bool:
        """Whether the time has passed; if so, it begins anew."""
        if not self._every or self._clock.monotonic() < self._began + self._every:
            return False
        self.start(self._every)
        return True
