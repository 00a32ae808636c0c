"""Which step of a safe stop comes next: a pure function of what is seen.

The browser goes first. Ended after its bot, or by SIGTERM, Chromium loses what it has not written yet,
and with it the login.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

LINGER = 2.0  # seconds for a closed browser's helper processes to end by themselves
STRAYS_GRACE = 2.0  # seconds between SIGTERM and SIGKILL for processes that left the bot's group
DEAD_WITHIN = 5.0  # seconds until the kernel must have ended a killed process
_MOST_CLOSES = 4  # a program that keeps starting browsers is ended instead


class Rung(Enum):
    """The steps of the ladder, in order."""

    CLOSE = "close the browser"
    TERMINATE = "SIGTERM to the bot"
    KILL = "SIGKILL to the bot"
    CLOSE_AGAIN = "close a browser that outlived the bot"
    LINGER = "wait for what the bot started"
    END_STRAYS = "SIGTERM to what the bot started"
    KILL_STRAYS = "SIGKILL to what the bot started"
    DONE = "done"


class Seen(NamedTuple):
    """What there is to decide by.

    `waited`: seconds since `rung` began. `hurried`: the user asked to go on at once. `closing`: a
    browser is being closed. `closes`: how often that began; `closed`: the last one found a browser to
    close, whose helper processes need a moment. `bot_at_close`: the bot ran when the last closing
    began, so it may have started another browser since. `browser`: a browser of the slot runs.
    `strays`: processes that left the bot's group run.
    """

    rung: Rung | None
    waited: float = 0.0
    hurried: bool = False
    closing: bool = False
    closes: int = 0
    closed: bool = False
    bot_at_close: bool = False
    browser: bool = False
    bot: bool = False
    strays: bool = False


def next_step(seen: Seen, grace: float) -> Rung | None:  # noqa: PLR0911 - one line a rung
    """Return the rung to begin, or None to wait. `grace` is in seconds."""
    match seen.rung:
        case None:
            return Rung.CLOSE
        case Rung.CLOSE:
            return None if seen.closing and not seen.hurried else _after_close(seen)
        case Rung.TERMINATE:
            return _after(seen, seen.bot, grace, Rung.KILL)
        case Rung.KILL:
            return _after(seen._replace(hurried=False), seen.bot, DEAD_WITHIN, Rung.CLOSE_AGAIN)
        case Rung.CLOSE_AGAIN:  # no hurry here: force is what loses sessions, and closing is bounded
            return None if seen.closing else _without_bot(seen)
        case Rung.LINGER:
            return _after(seen, seen.strays, LINGER, Rung.END_STRAYS)
        case Rung.END_STRAYS:
            return _after(seen, seen.strays, STRAYS_GRACE, Rung.KILL_STRAYS)
        case Rung.KILL_STRAYS:
            return _after(seen._replace(hurried=False), seen.strays, DEAD_WITHIN, Rung.DONE)
        case Rung.DONE:
            return Rung.DONE


def _after_close(seen: Seen) -> Rung:
    return Rung.TERMINATE if seen.bot else _without_bot(seen)


def _after(seen: Seen, alive: bool, patience: float, harder: Rung) -> Rung | None:
    if not alive:
        return _without_bot(seen)
    return harder if seen.hurried or seen.waited >= patience else None


def _without_bot(seen: Seen) -> Rung:
    """The bot's group has ended: nothing that it started may outlive it."""
    if (seen.bot_at_close or seen.browser) and seen.closes < _MOST_CLOSES:
        return Rung.CLOSE_AGAIN
    if not seen.strays:
        return Rung.DONE
    just_closed = seen.closed and seen.rung in (Rung.CLOSE, Rung.CLOSE_AGAIN)
    return Rung.LINGER if just_closed else Rung.END_STRAYS
