"""What can happen to a supervisor, and what it can do: the two ends of its policy."""

from __future__ import annotations

from typing import NamedTuple

from wagit.bots.assignment import Assignment, Saved
from wagit.bots.observation import Observation
from wagit.bots.watch import Change
from wagit.core.errors import WagitError

# What happened.


class Changed(NamedTuple):
    """Something that decides the assignment may be another."""

    change: Change


class Resolved(NamedTuple):
    """What the worktree should run now."""

    assignment: Assignment


class Unresolved(NamedTuple):
    """It cannot be told what the worktree should run."""

    error: WagitError


class Taken(NamedTuple):
    """The slot's lock is ours."""

    assignment: Assignment


class Settled(NamedTuple):
    """The worktree points at the slot."""

    assignment: Assignment


class Refused(NamedTuple):
    """The slot cannot be used now: held by another, broken, or its bot does not start."""

    assignment: Assignment
    error: WagitError


class Exited(NamedTuple):
    """The process `pid`, a bot, has ended; others of its group may still run."""

    pid: int


class Ended(NamedTuple):
    """Bot, browser and descendants are gone. `status` is None when only our signals ended the bot."""

    status: int | None


class Noted(NamedTuple):
    """Something was seen of the session of the bot with this `pid`."""

    pid: int
    what: Observation


class Again(NamedTuple):
    """The user wants the bot restarted."""


class Signalled(NamedTuple):
    """A signal, or the key that stands for one."""

    number: int


class Lost(NamedTuple):
    """Another machine may run the slot now: no bot of ours may write to it any more."""

    slot: str
    error: WagitError


class Asked(NamedTuple):
    """Somebody on another machine wants the slot; `by` names them, empty for nobody any more."""

    slot: str
    by: str


class Tick(NamedTuple):
    """The time that `State.poll` asked for has passed."""


class Due(NamedTuple):
    """It is time for a snapshot under the running bot."""


class SaveDone(NamedTuple):
    """A snapshot was taken, or failed, or was ended by who wants the slot."""

    save: Save
    saved: Saved


class Broke(NamedTuple):
    """An error nobody foresaw; it ends the run once the bot is safe."""

    error: BaseException


Event = (
    Changed
    | Resolved
    | Unresolved
    | Taken
    | Settled
    | Refused
    | Exited
    | Ended
    | Noted
    | Again
    | Signalled
    | Lost
    | Asked
    | Tick
    | Due
    | SaveDone
    | Broke
)

# What to do about it.


class Resolve(NamedTuple):
    """Ask what the worktree should run: Resolved or Unresolved follows."""


class Take(NamedTuple):
    """Take the slot's lock and verify its data: Taken or Refused follows."""

    assignment: Assignment


class Drop(NamedTuple):
    """Release the slot's lock."""

    assignment: Assignment


class Save(NamedTuple):
    """Snapshot the slot, `why` as in a snapshot's header: SaveDone follows.

    Whoever wants the slot meanwhile, this run too, gets it at once and ends that.
    """

    assignment: Assignment
    why: str


class Settle(NamedTuple):
    """Point the worktree at the slot: Settled or Refused follows."""

    assignment: Assignment


class Start(NamedTuple):
    """Start the bot: Exited follows some day, or Refused at once."""

    assignment: Assignment


class Stop(NamedTuple):
    """Begin the safe stop of the bot and all that belongs to it: Ended follows."""


class Hurry(NamedTuple):
    """Take the next rung of the safe stop at once."""


class Suspend(NamedTuple):
    """Hold the bot and wagit until the shell continues them."""


class Say(NamedTuple):
    """Print one notice."""

    text: str


class Leave(NamedTuple):
    """End the run with this exit status."""

    status: int


class Fail(NamedTuple):
    """End the run with this error."""

    error: BaseException


Effect = Resolve | Take | Drop | Save | Settle | Start | Stop | Hurry | Suspend | Say | Leave | Fail
