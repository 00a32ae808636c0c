"""When a snapshot beside the bot is due, by a clock of the test's own."""

from __future__ import annotations

import pytest

from wagit.bots.timer import Timer


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timer(clock: Clock) -> Timer:
    return Timer(clock)


def test_it_is_never_due_before_it_was_started_nor_after_it_was_stopped(timer: Timer, clock: Clock) -> None:
    clock.time += 1e9
    assert (timer.left(None), timer.left(3.0), timer.is_due()) == (None, 3.0, False)
    timer.start(10)
    timer.stop()
    clock.time += 10
    assert (timer.left(None), timer.is_due()) == (None, False)


def test_it_is_due_again_and_again(timer: Timer, clock: Clock) -> None:
    timer.start(3600)
    assert timer.left(None) == 3600
    clock.time += 3599
    assert (timer.left(None), timer.left(0.5), timer.is_due()) == (1, 0.5, False)
    clock.time += 1
    assert (timer.left(None), timer.is_due(), timer.is_due()) == (0, True, False)
    assert timer.left(None) == 3600


def test_what_was_missed_meanwhile_is_due_once(timer: Timer, clock: Clock) -> None:
    """A laptop slept."""
    timer.start(60)
    clock.time += 6000
    assert (timer.left(10.0), timer.is_due(), timer.is_due()) == (0, True, False)


def test_never_is_nought(timer: Timer, clock: Clock) -> None:
    timer.start(0)
    clock.time += 1e9
    assert (timer.left(None), timer.is_due()) == (None, False)
