"""The progress bar: only on a terminal, only for what takes long, gone at the end."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from rich.console import Console

from wagit.cli.front import Front, Shared
from wagit.cli.progress import PATIENCE, Bar, silent


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def drawn(work: Callable[[Bar, Hand], None], *, terminal: bool = True, term: str = "xterm") -> str:
    """What a bar of 100 columns writes while `work` is done."""
    out, clock = io.StringIO(), Hand()

    def console() -> Console:
        return Console(
            file=out, width=100, force_terminal=terminal, color_system=None, _environ={"TERM": term}
        )

    with Bar("restoring dev", console, clock) as bar:
        work(bar, clock)
    return out.getvalue()


def briefly(bar: Bar, clock: Hand) -> None:
    bar(1, 200)
    clock.time += PATIENCE - 0.01
    bar(200, 200)


def for_long(bar: Bar, clock: Hand) -> None:
    bar(0, 200_000_000)
    for done in range(1, 5):
        clock.time += PATIENCE
        bar(done * 40_000_000, 200_000_000)


def test_nothing_is_shown_for_what_is_done_in_a_moment() -> None:
    assert drawn(briefly) == ""


def test_bytes_rate_and_time_left_are_shown_and_the_line_is_cleared() -> None:
    shown = drawn(for_long)
    last = shown.split("restoring dev")[-1]
    assert "160.0/200.0 MB" in last
    assert "80.0 MB/s" in last
    assert "00:01" in last  # half a second, rounded up
    assert shown.endswith("\x1b[1A\x1b[2K")  # back on the bar's line, which is erased


def test_the_bar_goes_with_an_error_too() -> None:
    def fails(bar: Bar, clock: Hand) -> None:
        for_long(bar, clock)
        raise OSError("disk full")

    out, clock = io.StringIO(), Hand()
    with (
        pytest.raises(OSError, match="disk full"),
        Bar("x", lambda: Console(file=out, force_terminal=True, _environ={"TERM": "xterm"}), clock) as bar,
    ):
        fails(bar, clock)
    assert out.getvalue().endswith("\x1b[1A\x1b[2K")


@pytest.mark.parametrize(("terminal", "term"), [(False, "xterm"), (True, "dumb")])
def test_where_the_cursor_cannot_be_moved_nothing_is_shown(terminal: bool, term: str) -> None:
    assert drawn(for_long, terminal=terminal, term=term) == ""


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
