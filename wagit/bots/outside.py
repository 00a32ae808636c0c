"""What a supervisor is joined to: all that is not its own decision. Tests put their own in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wagit.bots import child as children
from wagit.bots.assignment import Assignment, Lock, Saving
from wagit.bots.child import Spawn
from wagit.bots.events import Asked, Lost
from wagit.bots.hosting import Hosting, Unhosted
from wagit.bots.observation import Observation
from wagit.bots.screen import NoScreen, Screen
from wagit.bots.standing import Standing
from wagit.bots.watch import Change, Following
from wagit.core.clock import Clock, SystemClock

Watch = Callable[[Callable[[Change], None]], Following]
"""Makes what follows the worktree, given where to tell changes."""

Observe = Callable[[Assignment, Callable[[Observation], None]], Following]
"""Makes what looks at the session of a bot that has just started, given where to tell what it sees."""


class Work(NamedTuple):
    """What a supervisor leaves to others; each raises a WagitError when it cannot.

    `resolve` says what the worktree should run. `take` takes a slot's lock and verifies its data, while
    another slot's bot may still be stopping. `settle` points the worktree at the slot; it is called
    before each start, when no bot runs. No two of them run at the same time, though not all in the
    thread that called `run`. `save` begins a snapshot of a slot, and gives the reason as its header
    has it; only asked for where the assignment wants snapshots. `follow` is given where to tell that a slot
    was lost to another machine or is asked for there. `over` is called last, when nothing of the run is left.
    """

    resolve: Callable[[], Assignment]
    take: Callable[[Assignment], Lock]
    settle: Callable[[Assignment], None]
    save: Callable[[Assignment, str], Saving]
    follow: Callable[[Callable[[Lost | Asked], None]], None] = lambda tell: None  # noqa: ARG005  # nothing to tell
    over: Callable[[], None] = lambda: None


class Blind:
    """Follows nothing, and sees nothing."""

    def start(self) -> None:
        """At once."""

    def stop(self) -> None:
        """At once."""


class Outside(NamedTuple):
    """The rest of the world: `screen` owns the terminal and the signals, `notice` prints one line.

    `tell` gets every change of the bot's standing; `hosting` owns the browsers that outlive their bots.
    """

    notice: Callable[[str], None]
    screen: Screen = NoScreen()
    spawn: Spawn = children.start
    observe: Observe = lambda assignment, tell: Blind()  # noqa: ARG005  # as Observe has it
    tell: Callable[[Standing], None] = lambda standing: None  # noqa: ARG005  # nobody listens
    hosting: Hosting = Unhosted()
    clock: Clock = SystemClock()
