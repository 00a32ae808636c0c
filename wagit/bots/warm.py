"""Which browsers that stay open without a bot are closed now, and when to look again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LOOK_AGAIN = 10.0  # seconds: they grow, or end by themselves, without telling


class Limits(NamedTuple):
    """How many may stay open, for how many seconds, and how many bytes they may take together."""

    warm: int = 2
    idle: float = 600.0
    memory: int = 1 << 30


class Left(NamedTuple):
    """One slot's: no bot since then (monotonic seconds), and the bytes it takes; None: it ended."""

    slot: str
    since: float
    memory: int | None


def due(left: Iterable[Left], now: float, limits: Limits) -> list[Left]:
    """Return those that are to be closed: too long alone, or the oldest of too many or too large ones."""
    closed: list[Left] = []
    count = size = 0
    for one in sorted(left, key=lambda one: one.since, reverse=True):
        if one.memory is None or now >= one.since + limits.idle:
            closed.append(one)
            continue
        count += 1
        size += one.memory
        if count > limits.warm or size > limits.memory:
            closed.append(one)
    return closed


def next_look(left: Iterable[Left], now: float, limits: Limits) -> float | None:
    """Seconds until one of these may have to be closed; None where there is none."""
    ends = [max(0.0, one.since + limits.idle - now) for one in left]
    return min([LOOK_AGAIN, *ends]) if ends else None
