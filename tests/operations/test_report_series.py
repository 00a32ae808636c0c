"""What the charts of a report show, from made-up histories."""

from __future__ import annotations

import pytest

from wagit.core.clock import DAY
from wagit.core.journal import Operation
from wagit.operations.report_series import (
    MOST_BARS,
    Point,
    Span,
    Use,
    ages,
    counted,
    runs,
    sizes,
    span,
    uses,
)
from wagit.snapshots.manifest import Header

NOW = 20_000.5 * DAY


def header(day: float, generation: int, *, number: int = 1, size: int = 0, full: bool = False) -> Header:
    return Header(
        slot="dev", number=number, time=day * DAY, tag="clean", why="stop", message="", full=full,
        driver="baileys", generation=generation, branch=None, commit=None, account=None, device=None,
        browser=None, backend=None, files=1, size=size,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("oldest", "step", "bars"),
    [
        (None, 1, 7),
        (20_000.4, 1, 7),
        (19_990.2, 1, 11),
        (19_956.5, 1, 45),
        (19_955.9, 7, 7),
        (19_000, 30, 34),
    ],
)
def test_the_time_is_cut_into_not_too_many_bars(oldest: float | None, step: int, bars: int) -> None:
    """They end with today, and cover all there was."""
    found = span([] if oldest is None else [oldest * DAY], NOW)
    assert found.step == step * DAY
    assert found.until == 20_001 * DAY
    assert (found.until - found.since) / found.step == bars <= MOST_BARS
    assert oldest is None or found.since <= oldest * DAY


def test_generations_between_snapshots_are_starts() -> None:
    headers = [header(1, 2), header(2, 2, number=2), header(3, 5, number=3)]
    assert uses(headers, 6, 4 * DAY) == [Use(DAY, 2), Use(3 * DAY, 3), Use(4 * DAY, 1)]
    assert uses(headers, 5, None) == [Use(DAY, 2), Use(3 * DAY, 3)]


def test_what_was_before_the_oldest_one_that_is_kept_is_not_known() -> None:
    assert uses([header(1, 500, number=9), header(2, 501, number=10)], 501, None) == [Use(2 * DAY, 1)]


def test_a_restored_generation_counts_nothing_back() -> None:
    headers = [header(1, 4), header(2, 1, number=2), header(3, 5, number=3)]
    assert uses(headers, 5, None) == [Use(DAY, 4), Use(3 * DAY, 1)]


def test_a_slot_without_snapshots_was_used_when_it_was_ready() -> None:
    assert uses([], 3, 5 * DAY) == [Use(5 * DAY, 3)]
    assert uses([], 0, 5 * DAY) == [Use(5 * DAY, 0)]
    assert uses([], 0, None) == []


def test_an_age_grows_until_the_next_use() -> None:
    found = ages([Use(10 * DAY, 1), Use(12 * DAY, 1)], 15 * DAY)
    assert [(point.time / DAY, point.value / DAY) for point in found] == [(10, 0), (12, 2), (12, 0), (15, 3)]
    assert ages([], 15 * DAY) == []
    assert ages([Use(10 * DAY, 1)], 9 * DAY)[-1].value == 0  # the clock was put back


def test_sizes_leave_out_full_snapshots() -> None:
    found = sizes([header(1, 1, size=5), header(2, 1, size=99, full=True)], Point(3 * DAY, 7))
    assert found == [Point(DAY, 5), Point(3 * DAY, 7)]
    assert sizes([], None) == []


def test_each_falls_into_its_bar() -> None:
    over = Span(10 * DAY, 13 * DAY, DAY)
    found = runs(
        [Use(9.9 * DAY, 9), Use(10 * DAY, 1), Use(12.9 * DAY, 2), Use(12 * DAY, 1), Use(13 * DAY, 9)], over
    )
    assert found == [Point(10 * DAY, 1), Point(11 * DAY, 0), Point(12 * DAY, 3)]
    operations = [Operation(11.5 * DAY, verb, "/", None, "", {}) for verb in ("repair", "clean", "restore")]
    assert [point.value for point in counted(operations, {"repair", "clean"}, over)] == [0, 2, 0]
