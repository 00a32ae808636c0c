"""Which warm browsers are closed: those alone for too long, and the oldest of too many or too large ones."""

from __future__ import annotations

import pytest

from wagit.bots.warm import LOOK_AGAIN, Left, Limits, due, next_look

LIMITS = Limits(warm=2, idle=600.0, memory=1000)
NEW, OLD, OLDEST = Left("new", 300.0, 400), Left("old", 200.0, 400), Left("oldest", 100.0, 400)


def names(closed: list[Left]) -> list[str]:
    return [one.slot for one in closed]


@pytest.mark.parametrize(
    ("left", "now", "closed"),
    [
        ([], 300.0, []),
        ([NEW, OLD], 300.0, []),
        ([OLDEST, NEW, OLD], 300.0, ["oldest"]),
        ([OLD, NEW], 799.9, []),
        ([OLD, NEW], 800.0, ["old"]),
        ([OLD, NEW], 2000.0, ["new", "old"]),
        ([NEW._replace(memory=601), OLD], 300.0, ["old"]),
        ([NEW._replace(memory=1001), OLD], 300.0, ["new", "old"]),
        ([NEW._replace(memory=600), OLD], 300.0, []),
        ([NEW._replace(memory=None), OLD, OLDEST], 300.0, ["new"]),
    ],
    ids=["none", "fit", "count", "not-yet", "idle", "all", "memory", "one-too-large", "just-fit", "ended"],
)
def test_what_is_closed(left: list[Left], now: float, closed: list[str]) -> None:
    assert names(due(left, now, LIMITS)) == closed


def test_none_is_kept_where_none_is_wanted() -> None:
    assert names(due([NEW], 300.0, LIMITS._replace(warm=0))) == ["new"]


def test_the_next_look_is_when_the_first_one_is_alone_too_long_or_shortly() -> None:
    assert next_look([NEW, OLD], 300.0, LIMITS) == LOOK_AGAIN
    assert next_look([NEW, OLD], 797.0, LIMITS) == 3.0
    assert next_look([], 300.0, LIMITS) is None
