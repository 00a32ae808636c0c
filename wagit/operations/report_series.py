"""What a report's charts show, from what was kept: pure functions of snapshots' headers and the log.

The log does not tell of every run. But each start of a bot is a new generation, and every snapshot has one:
the generations between two snapshots are the starts between them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

from wagit.core.clock import DAY
from wagit.core.journal import Operation
from wagit.snapshots.manifest import Header

STEPS = (DAY, 7 * DAY, 30 * DAY)
MOST_BARS = 45
SHORTEST = 7 * DAY  # of what charts show: one bar would say nothing

RESTORED = frozenset({"restore"})
RECOVERED = frozenset({"repair", "clean"})


class Point(NamedTuple):
    """A value at a moment, in seconds since the epoch; of a bar, the moment at which it begins."""

    time: float
    value: float


class Span(NamedTuple):
    """What charts show: from `since` to `until`, in bars of `step` seconds."""

    since: float
    until: float
    step: float


class Use(NamedTuple):
    """A bot had run by then; `starts` counts how often it was started since the use before."""

    time: float
    starts: int


def span(moments: Iterable[float], now: float) -> Span:
    """From the first moment to now, in whole bars: days, weeks or months, that are not too many."""
    first = min([*moments, now - SHORTEST + DAY])
    until = (now // DAY + 1) * DAY
    step = next((step for step in STEPS if (until - first) / step <= MOST_BARS), STEPS[-1])
    bars = -int((first - until) // step)
    return Span(until - bars * step, until, step)


def uses(oldest_first: Sequence[Header], generation: int, last: float | None) -> list[Use]:
    """When the session was used: the snapshots that found a greater generation, and the last time.

    What was before the oldest snapshot that is kept is not known, unless that was the first one ever.
    """
    found = []
    known = oldest_first[0].generation if oldest_first and oldest_first[0].number > 1 else 0
    for header in oldest_first:
        if header.generation > known:
            found.append(Use(header.time, header.generation - known))
        known = max(known, header.generation)
    if last is not None and (generation > known or not found or last > found[-1].time):
        found.append(Use(last, max(0, generation - known)))
    return sorted(found)


def sizes(oldest_first: Iterable[Header], now: Point | None) -> list[Point]:
    """The session's size at each snapshot, and as it is; a full one has caches, too, and is left out."""
    found = [Point(header.time, header.size) for header in oldest_first if not header.full]
    return [*found, now] if now is not None else found


def ages(used: Sequence[Use], now: float) -> list[Point]:
    """How long the session had not been used, in seconds: it grows until the next use, then is nothing."""
    points = []
    for before, use in zip([None, *used], used, strict=False):
        if before is not None:
            points.append(Point(use.time, use.time - before.time))
        points.append(Point(use.time, 0.0))
    return [*points, Point(now, max(0.0, now - used[-1].time))] if used else []


def runs(used: Iterable[Use], over: Span) -> list[Point]:
    """How often a bot was started, a bar each step."""
    return _bars([(use.time, use.starts) for use in used], over)


def counted(operations: Iterable[Operation], verbs: Container[str], over: Span) -> list[Point]:
    """How many operations of these verbs there were, a bar each step."""
    return _bars([(operation.time, 1) for operation in operations if operation.verb in verbs], over)


def _bars(counts: Iterable[tuple[float, int]], over: Span) -> list[Point]:
    bars = [0] * round((over.until - over.since) / over.step)
    for moment, count in counts:
        if over.since <= moment < over.until:
            bars[int((moment - over.since) // over.step)] += count
    return [Point(over.since + place * over.step, value) for place, value in enumerate(bars)]
