"""Who looks at the session of a bot: its page over DevTools, its files, its log lines, what it tells."""

from __future__ import annotations

from collections.abc import Callable

from wagit.bots.assignment import Assignment
from wagit.bots.observation import Observation
from wagit.bots.outside import Blind
from wagit.bots.watch import Following
from wagit.operations.context import Context


def observe(context: Context, assignment: Assignment, tell: Callable[[Observation], None]) -> Following:
    """What looks at the session of a bot that has just started, as its driver allows."""
    del context, assignment, tell
    return Blind()
