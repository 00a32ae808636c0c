"""When a page is asked for a sign of life, and what its silence means. Pure: all times are handed in."""

from __future__ import annotations

from typing import Literal, NamedTuple

SLACK = 5.0  # seconds by which a wait may be late; beyond that the machine slept, or was stopped


class Moment(NamedTuple):
    """Both of a clock's readings, in seconds."""

    now: float
    monotonic: float


def gap(before: Moment, after: Moment, meant: float) -> float:
    """Seconds between two moments beyond those that were meant to pass; 0 when it is not worth a word.

    A monotonic clock may stand still while the machine sleeps, and another one be set: the longer counts.
    """
    passed = max(after.now - before.now, after.monotonic - before.monotonic)
    return passed - meant if passed - meant > SLACK else 0.0


class Limits(NamedTuple):
    """Seconds. `every`: between questions, 0 for none, and then no silence is told either.

    `answer`: for one answer. `again`: until it is asked again after it gave none. `boot`: for a page to
    start. `lost`: without a page or browser, until that is told. `patience`: from then on until it counts
    as silence; a browser that is started again needs some.
    """

    every: float = 300.0
    answer: float = 10.0
    again: float = 15.0
    boot: float = 180.0
    lost: float = 5.0
    patience: float = 60.0


class Pulse(NamedTuple):
    """What is known of the signs of life; times of a monotonic clock, in seconds.

    `ask_at`: when to ask next. `failures`: questions without an answer, in a row. `trouble`: why there is
    no telling by questions, since `since`; it is told at `tell_at`. `told` is how much of it has been told.
    """

    ask_at: float | None = None
    failures: int = 0
    trouble: str = ""
    since: float = 0.0
    tell_at: float = 0.0
    told: Literal["", "degraded", "silent"] = ""


class Degraded(NamedTuple):
    """It is not as it should be."""

    why: str


class Ask(NamedTuple):
    """Ask the page."""


class Mute(NamedTuple):
    """It gives no sign of life."""

    why: str


Act = Ask | Degraded | Mute


def found(pulse: Pulse, now: float, limits: Limits) -> Pulse:
    """There is a page: ask it at once."""
    return Pulse(ask_at=now if limits.every else None, told=pulse.told)


def alive(pulse: Pulse, now: float, limits: Limits, *, booting: bool) -> Pulse:
    """The page answered, or told something by itself. One that boots has not started yet."""
    ask_at = now + limits.every if limits.every else None
    if not booting:
        return Pulse(ask_at=ask_at)
    if pulse.trouble == _BOOTS:
        return pulse._replace(ask_at=ask_at, failures=0)
    return Pulse(ask_at, 0, _BOOTS, now, now + limits.boot, pulse.told)


def failed(pulse: Pulse, now: float, limits: Limits) -> Pulse:
    """The page gave no answer."""
    return pulse._replace(ask_at=now + limits.again, failures=pulse.failures + 1)


def lost(pulse: Pulse, now: float, limits: Limits, why: str) -> Pulse:
    """There is no page any more, as its browser has ended or it was closed."""
    if pulse.trouble and pulse.trouble != _BOOTS:
        return pulse._replace(trouble=why)
    return Pulse(None, 0, why, now, now + limits.lost, pulse.told)


def later(pulse: Pulse, now: float, limits: Limits) -> Pulse:
    """There was nothing to ask: the page is from before the bot."""
    return pulse._replace(ask_at=now + limits.again)


def soon(pulse: Pulse, now: float) -> Pulse:
    """Something went wrong: ask at once, where one asks at all."""
    return pulse if pulse.ask_at is None else pulse._replace(ask_at=now)


def slept(pulse: Pulse, now: float, gap: float) -> Pulse:
    """`gap` seconds went by in which nobody could answer: they do not count, and one asks again first."""
    later = pulse._replace(since=pulse.since + gap, tell_at=pulse.tell_at + gap)
    return later if pulse.ask_at is None else later._replace(ask_at=now, failures=0)


def due(pulse: Pulse, limits: Limits) -> float | None:
    """When `act` has something to do next; None when only news can change that."""
    moments = [pulse.ask_at] if pulse.ask_at is not None else []
    if pulse.trouble and pulse.told == "":
        moments.append(pulse.tell_at)
    elif pulse.trouble and pulse.told == "degraded" and limits.every:
        moments.append(pulse.tell_at + limits.patience)
    return min(moments, default=None)


def act(pulse: Pulse, now: float, limits: Limits) -> tuple[Pulse, Act | None]:
    """What to do at `now`, one thing at a time."""
    if pulse.failures and pulse.told == "":
        return pulse._replace(told="degraded"), Degraded("WhatsApp's page does not answer")
    if pulse.failures > 1 and pulse.told != "silent":
        return pulse._replace(told="silent"), Mute(f"WhatsApp's page did not answer {pulse.failures} times")
    if pulse.trouble and pulse.told == "" and now >= pulse.tell_at:
        return pulse._replace(told="degraded"), Degraded(pulse.trouble)
    mute_at = pulse.tell_at + limits.patience
    if pulse.trouble and pulse.told == "degraded" and limits.every and now >= mute_at:
        return pulse._replace(told="silent"), Mute(f"{pulse.trouble}, for {now - pulse.since:.0f} s")
    if pulse.ask_at is not None and now >= pulse.ask_at:
        return pulse, Ask()
    return pulse, None


_BOOTS = "WhatsApp's page does not start"
