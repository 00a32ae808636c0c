"""What a worktree should run, as values: the supervisor knows neither routing nor slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from wagit.bots.restart import Restart

Session = tuple[str, str]
"""Slot and data directory: what makes one session another."""


class Lock(Protocol):
    """The right to write a slot; `wagit.core.locks.HeldLock` is one."""

    descriptor: int

    def release(self) -> None:
        """Let go."""


class Saved(NamedTuple):
    """What came of a snapshot: the id of a new one, else a problem, else nothing was due.

    `cut`: somebody wanted the slot first, so the newest one may not be of the data as it is.
    """

    snapshot: str = ""
    problem: str = ""
    cut: bool = False


class Saving(Protocol):
    """A snapshot that is being taken."""

    def wait(self) -> Saved:
        """Return what came of it; nothing when it was cancelled."""

    def cancel(self) -> None:
        """End it at once; nothing is lost."""


class Snapshots(NamedTuple):
    """When a slot is snapshotted: left for another one, its bot stopped, every so many seconds (0: never)."""

    on_switch: bool = False
    on_stop: bool = False
    every: float = 0.0


class Assignment(NamedTuple):
    """One slot and the bot that runs on it.

    `data` is the slot's live directory, `profiles` lists the browser profiles in it, asked each time
    since bots make them. `environ` is the bot's whole environment. `grace` is how many seconds the bot
    has between SIGTERM and SIGKILL. `title` names the assignment in notices. `driver` is the driver's name.
    `warm`: its browser may stay open without a bot, and so keep the slot.
    """

    slot: str
    branch: str | None
    data: str
    profiles: Callable[[], Sequence[str]]
    command: tuple[str, ...]
    cwd: str
    environ: Mapping[str, str]
    grace: float
    title: str
    snapshots: Snapshots = Snapshots()
    restart: Restart = Restart()
    driver: str = "generic"
    warm: bool = True

    @property
    def session(self) -> Session:
        """Which session it is about."""
        return self.slot, self.data

    def same_session(self, other: Assignment) -> bool:
        """Whether a bot of the one may go on running for the other."""
        return self.session == other.session
