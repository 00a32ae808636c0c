"""Browsers that outlive their bots: what a supervisor asks of whoever hosts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from wagit.bots.assignment import Assignment, Lock
from wagit.bots.stop import Browsers, SlotBrowsers


class Hosting(Protocol):
    """Owns the browsers of slots, and the locks of those whose browser is open though no bot runs.

    `take`, `release` and `close` wait for browsers that are being closed.
    """

    def environ(self, assignment: Assignment) -> Mapping[str, str]:
        """What leads the bot's browser here."""

    def browsers(self, assignment: Assignment) -> Browsers:
        """Those that the bot started itself: they are closed before it is stopped."""

    def take(self, assignment: Assignment) -> Lock | None:
        """The lock of a slot whose browser stayed open; what waits for that to be closed is dropped.

        None where the slot has to be taken as any other.
        """

    def leave(self, assignment: Assignment, lock: Lock) -> None:
        """Its bot is gone: keep browser and lock for a while, or close the one and release the other."""

    def after(self, assignment: Assignment, act: Callable[[], None], dropped: Callable[[], None]) -> None:
        """Call `act` once the slot is free, maybe now; `dropped` when it was taken again instead."""

    def release(self, slot: str) -> bool:
        """Whether the slot was kept for its browser alone, and is free now."""

    def close(self) -> None:
        """Close every browser and release every lock; from now on nothing is kept."""


class Unhosted:
    """Bots start their own browsers."""

    def environ(self, assignment: Assignment) -> Mapping[str, str]:  # noqa: ARG002  # as Hosting has it
        """Nothing."""
        return {}

    def browsers(self, assignment: Assignment) -> Browsers:
        """All of the slot."""
        return SlotBrowsers(assignment.profiles)

    def take(self, assignment: Assignment) -> Lock | None:  # noqa: ARG002  # as Hosting has it
        """None is kept."""
        return None

    def leave(self, assignment: Assignment, lock: Lock) -> None:  # noqa: ARG002  # as Hosting has it
        """Let go."""
        lock.release()

    def after(self, assignment: Assignment, act: Callable[[], None], dropped: Callable[[], None]) -> None:  # noqa: ARG002
        """At once."""
        act()

    def release(self, slot: str) -> bool:  # noqa: ARG002  # as Hosting has it
        """None is kept."""
        return False

    def close(self) -> None:
        """There is nothing to close."""
