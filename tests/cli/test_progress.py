"""The progress bar: only on a terminal, only for what takes long, gone at the end."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Callable

import pytest
from rich.console import Console

from wagit.cli.front import Front, Shared
from wagit.cli.progress import PATIENCE, Bar, silent


class Hand:
    """A clock that is set by hand, and a timer that goes off with it."""

    def __init__(self) -> None:
        self.time = 100.0
        self.due: tuple[float, Callable[[], None]] | None = None

    def timer(self, seconds: float, act: Callable[[], None]) -> Hand:
        self.due = (self.time + seconds, act)
        return self

    def start(self) -> None:
        assert self.due

    def cancel(self) -> None:
        self.due = None

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def passes(self, seconds: float) -> None:
        self.time += seconds
        if self.due and self.time >= self.due[0]:
            _, act = self.due
            self.due = None
            act()


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


GONE = "\x1b[1A\x1b[2K"  # back on the bar's line, which is erased


def drawn(work: Callable[[Bar, Hand], None], *, terminal: bool = True, term: str = "xterm") -> str:
    """What a bar of 100 columns writes while `work` is done, whether or not that fails."""
    out, hand = io.StringIO(), Hand()

    def console() -> Console:
        return Console(
            file=out, width=100, force_terminal=terminal, color_system=None, _environ={"TERM": term}
        )

    with contextlib.suppress(ZeroDivisionError), Bar("restoring dev", console, hand.timer, hand) as bar:
        work(bar, hand)
    assert hand.due is None
    return out.getvalue()


def briefly(bar: Bar, hand: Hand) -> None:
    bar(1, 200)
    hand.passes(PATIENCE - 0.01)
    bar(200, 200)


def for_long(bar: Bar, hand: Hand) -> None:
    bar(0, 800_000_000)
    for done in range(1, 5):
        hand.passes(PATIENCE)
        bar(done * 40_000_000, 800_000_000)


def fails(bar: Bar, hand: Hand) -> None:
    for_long(bar, hand)
    raise ZeroDivisionError


def test_nothing_is_shown_for_what_is_done_in_a_moment() -> None:
    assert drawn(briefly) == ""


def test_bytes_rate_and_time_left_are_shown_and_the_line_is_cleared() -> None:
    shown = drawn(for_long)
    last = shown.split("restoring dev")[-1]
    assert "160.0/800.0 MB" in last
    assert "80 MB/s, 0:08 left" in last
    assert shown.endswith(GONE)


def test_one_large_file_shows_a_bar_before_it_is_done() -> None:
    def one_file(bar: Bar, hand: Hand) -> None:
        bar(0, 4_000_000_000)
        hand.passes(PATIENCE)

    assert "0.0/4.0 GB" in drawn(one_file)


def test_a_timer_that_goes_off_as_the_work_ends_draws_nothing() -> None:
    hand = Hand()
    with Bar("x", lambda: pytest.fail("drawn"), hand.timer, hand):
        assert hand.due
        _, act = hand.due
    act()


def test_the_bar_goes_with_an_error_too() -> None:
    assert drawn(fails).endswith(GONE)


@pytest.mark.parametrize(("terminal", "term"), [(False, "xterm"), (True, "dumb")])
def test_where_the_cursor_cannot_be_moved_nothing_is_shown(terminal: bool, term: str) -> None:
    assert drawn(for_long, terminal=terminal, term=term) == ""


def test_the_timer_is_the_machines_own() -> None:
    """Waits for the real one, which draws, and ends with the bar."""
    drew = threading.Event()

    def console() -> Console:
        drew.set()
        return Console(file=io.StringIO(), force_terminal=False)

    with Bar("x", console):
        assert drew.wait(30)
    with Bar("x", console) as bar:
        bar(1, 1)


@pytest.mark.parametrize(
    ("shared", "stream", "shows"),
    [
        (Shared(), Terminal(), True),
        (Shared(), io.StringIO(), False),
        (Shared(json=True), Terminal(), False),
        (Shared(quiet=True), Terminal(), False),
    ],
)
def test_a_front_shows_progress_to_people_only(
    shared: Shared, stream: io.StringIO, shows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with Front("restore", shared).progress("restoring dev") as progress:
        progress(0, 1)
        assert (progress is not silent) == shows
