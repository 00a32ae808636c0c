"""What a supervisor asks of wagit: which assignment, its lock, and the link's move."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from wagit.bots.assignment import Assignment, Saving, Snapshots
from wagit.bots.board import Recovered
from wagit.bots.outside import Work
from wagit.bots.restart import Restart
from wagit.bots.savings import BESIDE_A_BOT
from wagit.core.errors import WagitError
from wagit.core.git import clean_environ
from wagit.core.locks import HeldLock
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.drivers.node import node_options
from wagit.operations import (
    after_stop,
    before_start,
    bot_events,
    cleanup,
    move,
    orphans,
    recover,
    serving,
    team_access,
    team_run,
    trust,
    use,
)
from wagit.operations.context import Context, reloaded
from wagit.operations.which import which
from wagit.routing.binding import read_binding
from wagit.slots import holding, records

if TYPE_CHECKING:
    from wagit.team.keys import Ask


class Protected(WagitError):
    """The slot is protected and nobody confirmed a run on it."""

    code = "protected"


class Wish(NamedTuple):
    """What the user wants run: a command (none: the config's) in a directory, with more environment.

    `once`: the run ends when the bot does, whatever its status. `ask` asks for a key's passphrase; None where
    nobody can be asked.
    """

    command: tuple[str, ...]
    cwd: str
    extra: Mapping[str, str]
    allow_protected: bool = False
    once: bool = False
    ask: Ask | None = None


class Job:
    """One run on the slot of the worktree's branch."""

    def __init__(
        self,
        context: Context,
        wish: Wish,
        notice: Callable[[str], None],
        recovered: Callable[[Recovered], None] = lambda what: None,  # noqa: ARG005  # nobody listens
    ) -> None:
        self._context = context
        self._wish = wish
        self._notice = notice
        self._recovered = recovered
        self._allowed = {which(context).slot}
        self._recoverer = recover.Recoverer()
        self._sharing = team_run.Sharing(notice, ask=wish.ask)

    def work(self) -> Work:
        """What a supervisor has done by it."""
        sharing = self._sharing
        return Work(self.resolve, self.take, self.settle, self.save, sharing.follow, sharing.close)

    def resolve(self) -> Assignment:
        """Bring the binding up to date and return what should run now."""
        context = reloaded(self._context)
        use.follow(context, "run")
        binding = read_binding(context.repo)
        slot = binding.slot if binding else context.config.settings.default
        self._sharing.at(slot)
        allowed = self._wish.allow_protected or slot in self._allowed
        if not allowed and before_start.is_protected(context, slot):
            raise Protected(
                f"slot {slot} is protected, so no bot runs on it unasked",
                "press Ctrl-C, then: wagit run; or start with: wagit run --yes",
            )
        return self._assignment(context, slot, binding.branch if binding else None)

    def _assignment(self, context: Context, slot: str, branch: str | None) -> Assignment:
        driver = registry.get(records.read_record(context.store, slot).driver)
        data = context.store.data(slot)
        settings = context.config.settings
        wanted, again = settings.snapshots, settings.bot.restart
        shared = team_access.is_shared(context, slot)
        return Assignment(
            slot=slot,
            branch=branch,
            data=data,
            profiles=functools.partial(driver.profile_paths, data),
            command=self._wish.command or trust.require_command(context),
            cwd=self._wish.cwd,
            environ=bot_environ(context, driver, slot, branch) | dict(self._wish.extra),
            grace=settings.bot.stop.grace,
            title=f"{slot} ({branch})" if branch else slot,
            snapshots=Snapshots(wanted.on_switch, wanted.on_stop or shared, wanted.every),
            restart=Restart() if self._wish.once else Restart(again.delays, again.attempts),
            driver=driver.name,
            warm=not shared,
        )

    def take(self, assignment: Assignment) -> HeldLock:
        """Take the slot, put its session in order, and count that it is opened for writing."""
        context, slot = self._context, assignment.slot
        for line in orphans.end(reloaded(self._context), slot):
            self._notice(line)
        for line in before_start.receive(reloaded(self._context), slot):
            self._notice(line)
        lock = self._hold(slot)
        try:
            orphans.close_browsers(context, slot)
            context = reloaded(self._context)
            pull = self._sharing.enter(context, slot)
            if pull is not None:  # which takes the lock for as long as it needs that
                lock.release()
                for line in pull():
                    self._notice(line)
                lock = self._hold(slot)
            for line in self._recoverer.recover(context, slot, self._teller(assignment)):
                self._notice(line)
            for line in before_start.admit(context, slot):
                self._notice(line)
        except BaseException:
            lock.release()
            self._sharing.leave(slot)
            raise
        return bot_events.TellingLock(
            lock, context.store, slot, context.clock,
            lambda: cleanup.at_exit(context, slot), lambda: self._sharing.leave(slot),
        )  # fmt: skip

    def _hold(self, slot: str) -> HeldLock:
        context = self._context
        control = serving.path_of(context.repo)
        return holding.hold(context.store, slot, context.repo.worktree, context.clock.now(), control=control)

    def _teller(self, assignment: Assignment) -> Callable[[tuple[str, ...]], None]:
        slot, branch = assignment.slot, assignment.branch
        return lambda lines: self._recovered(Recovered(slot, branch, "; ".join(lines)))

    def settle(self, assignment: Assignment) -> None:
        """The old bot is gone: the link may move now."""
        use.follow(reloaded(self._context), "run", alone=True)
        self._sharing.start(assignment.slot)

    def save(self, assignment: Assignment, why: str) -> Saving:
        """Begin a snapshot of the slot; after a stop one that the team shares is pushed, too."""
        saving = after_stop.begin(self._context.repo, assignment, why, self._context.environ)
        return saving if why == BESIDE_A_BOT else self._sharing.saving(assignment, why, saving)


class SlotJob(Job):
    """One run on a fixed slot, whatever the worktree's branch: its binding and its link stay as they are."""

    def __init__(
        self,
        context: Context,
        slot: str,
        branch: str | None,
        wish: Wish,
        notice: Callable[[str], None],
        recovered: Callable[[Recovered], None] = lambda what: None,  # noqa: ARG005  # nobody listens
    ) -> None:
        super().__init__(context, wish, notice, recovered)
        self._slot = slot
        self._branch = branch

    def resolve(self) -> Assignment:
        """Return how the slot's bot runs, by the config as it is now."""
        self._sharing.at(self._slot)
        return self._assignment(reloaded(self._context), self._slot, self._branch)

    def settle(self, assignment: Assignment) -> None:
        """Nothing points at the slot."""
        self._sharing.start(assignment.slot)


def bot_environ(context: Context, driver: Driver, slot: str, branch: str | None) -> dict[str, str]:
    """Return the whole environment of a bot on `slot`, without git's variables."""
    data = context.store.data(slot)
    environ = clean_environ(context.environ) | driver.environ(data)
    to_come = move.data_to_come(context, slot)
    session = os.path.normpath(os.path.join(data, os.path.relpath(driver.session_path(to_come), to_come)))
    environ |= {"WAGIT_DATA_DIR": data, "WAGIT_SLOT": slot, "WAGIT_SESSION_PATH": session}
    environ[bot_events.VARIABLE] = bot_events.path_of(context.store, slot)
    environ["WAGIT_BRANCH"] = branch or ""
    if driver.preload is not None:
        environ["NODE_OPTIONS"] = node_options(environ.get("NODE_OPTIONS", ""), driver.preload)
    return environ
