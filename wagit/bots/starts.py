"""How many bots start at the same time: bounded, in order, and nobody waits for one that hangs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from wagit.bots.standing import Standing
from wagit.core.clock import Clock
from wagit.core.errors import WagitError

LONGEST = 60.0  # seconds that a start counts, at most
UNSEEN = 10.0  # the same for a bot whose session nobody sees, and which may say nothing of it
EACH = 512 << 20  # bytes of a browser with WhatsApp Web in it, and its bot
_BEFORE = frozenset({"starting", "linking", "syncing"})  # states of a bot whose start is not over


class NotStarted(WagitError):
    """A bot that waited for its start was told to stop."""

    code = "not-started"


def at_once(cores: int, memory: int) -> int:
    """How many bots may start at the same time on so many cores, with so many bytes of memory free. Pure.

    One more than the cores, as a start waits for the disk, too; what does not fit into memory gains nothing.
    """
    return max(1, min(cores + 1, memory // EACH))


def is_over(standing: Standing) -> bool:
    """Whether a bot that runs has come as far as it comes by itself: ready, a QR, or what failed. Pure."""
    return standing.pid is not None and standing.state not in _BEFORE


class Starts(NamedTuple):
    """Who waits, in order, and whose start counts until when (monotonic seconds). Pure."""

    bound: int
    waiting: tuple[str, ...] = ()
    starting: tuple[tuple[str, float], ...] = ()

    def counts(self, slot: str) -> bool:
        """Whether its start is under way."""
        return any(name == slot for name, _ in self.starting)

    def enter(self, slot: str) -> Starts:
        """Have it wait behind the others, unless it waits or starts already."""
        if slot in self.waiting or self.counts(slot):
            return self
        return self._replace(waiting=(*self.waiting, slot))

    def leave(self, slot: str) -> Starts:
        """Its start is over, or not wanted any more."""
        return self._replace(
            waiting=tuple(name for name in self.waiting if name != slot),
            starting=tuple(each for each in self.starting if each[0] != slot),
        )

    def admit(self, now: float, longest: Mapping[str, float]) -> Starts:
        """Let as many begin as the bound allows; those that began `longest` seconds ago count no more."""
        starting = tuple(each for each in self.starting if now < each[1])
        room = max(0, self.bound - len(starting))
        begun = tuple((slot, now + longest[slot]) for slot in self.waiting[:room])
        return self._replace(waiting=self.waiting[room:], starting=starting + begun)

    def left(self, now: float) -> float | None:
        """Seconds until the next start counts no more; None when none counts."""
        return min((until - now for _, until in self.starting), default=None)


class Gate:
    """Where bots wait for their start. Safe to use from any thread; only `enter` blocks.

    `longest` has the slots, and how many seconds the start of each counts. All wait from the beginning in
    that order, so that the first one is first whoever comes first.
    """

    def __init__(self, longest: Mapping[str, float], bound: int, clock: Clock) -> None:
        self._longest = longest
        self._clock = clock
        self._changed = threading.Condition()
        self._starts = Starts(bound, tuple(longest))
        self._closed: set[str] = set()

    def enter(self, slot: str) -> None:
        """Wait until the slot's bot may start; at once while its start counts. Raises NotStarted."""
        with self._changed:
            self._starts = self._starts.enter(slot)
            while slot not in self._closed:
                now = self._clock.monotonic()
                self._set(self._starts.admit(now, self._longest))
                if self._starts.counts(slot):
                    return
                self._changed.wait(self._starts.left(now))
            raise NotStarted(f"slot {slot} was told to stop before its bot started")

    def leave(self, slot: str) -> None:
        """Its start is over, however it ended."""
        with self._changed:
            self._set(self._starts.leave(slot))

    def close(self, slot: str) -> None:
        """It does not start any more."""
        with self._changed:
            self._closed.add(slot)
            self._set(self._starts.leave(slot))

    def open(self, slot: str) -> None:
        """It may start again."""
        with self._changed:
            self._closed.discard(slot)

    def _set(self, starts: Starts) -> None:
        if starts != self._starts:
            self._starts = starts
            self._changed.notify_all()
