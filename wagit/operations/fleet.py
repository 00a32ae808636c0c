"""Run the bots of all linked slots at once, in one process."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from wagit.bots.board import Board
from wagit.bots.fleet import Fleet, Member
from wagit.bots.lines import Lines
from wagit.bots.log_screen import LogScreen
from wagit.bots.outputs import FleetScreen, Outputs, SlotScreen, Write, prefixing
from wagit.bots.outside import Outside
from wagit.bots.starts import LONGEST, UNSEEN, at_once
from wagit.core.errors import WagitError
from wagit.drivers import registry
from wagit.drivers.profile import ProfilesDriver
from wagit.operations import (
    fleet_choice,
    hooks,
    hosted,
    notifying,
    observing,
    orphans,
    serving,
    trust,
)
from wagit.operations.context import Context
from wagit.operations.job import SlotJob, Wish
from wagit.operations.joined import Joined
from wagit.operations.offline import test_mode
from wagit.slots import records

if TYPE_CHECKING:
    from wagit.team.keys import Ask as Passphrase


class NoLinkedSlot(WagitError):
    """There is no slot whose bot could be run unasked."""

    code = "no-linked-slot"


class Ask(NamedTuple):
    """How all are run; `starts` is how many may start at the same time, None for what the machine can.

    `passphrase` asks for that of the user's key, where a slot is shared.
    """

    command: tuple[str, ...] = ()
    cwd: str | None = None
    allow_protected: bool = False
    once: bool = False
    starts: int | None = None
    passphrase: Passphrase | None = None


def run(context: Context, ask: Ask, log: LogScreen | None = None, write: Write | None = None) -> int:
    """Run the bot once for every linked slot, until all have ended or a signal asks; return the exit status.

    That is 0 when all ended well, else the worst. In the background `log` has the signals and gets wagit's
    lines, and `write` what bots write; else it is the process's own streams.

    Raises NoLinkedSlot, NotTrusted, NoCommand, ConfigProblems, AlreadyRuns.
    """
    screen = log or FleetScreen()
    if not context.config.settings.auto_restore_sessions:
        source = context.config.source("auto_restore_sessions")
        with screen.entered(lambda _: None):  # who waits for a run in the background: it has begun
            screen.notice(f"no bot is started: auto_restore_sessions is false ({source})")
        return 0
    if not ask.command:
        trust.require_command(context)
    for line in (*hooks.keep(context.repo, context.environ), *orphans.end_here(context)):
        screen.notice(line)
    choice = fleet_choice.choose(fleet_choice.linked(context), allow_protected=ask.allow_protected)
    for line in choice.left_out:
        screen.notice(line)
    if not choice.slots:
        raise NoLinkedSlot("there is no linked slot whose bot could be run", "link one: wagit login SLOT")
    with contextlib.ExitStack() as stack:
        extra = stack.enter_context(test_mode(context, screen.notice))
        outputs = stack.enter_context(Outputs(write or prefixing(choice.slots)))
        hosting = stack.enter_context(hosted.hosting(context, screen.notice))
        board = Board()
        members = _Members(context, _wish(context, ask, extra), screen.notice, board, outputs).of(
            choice.slots
        )
        outside = Outside(screen.notice, screen, tell=board.put, hosting=hosting)
        fleet = Fleet(members, ask.starts or _bound(), outside, once=ask.once)
        joined = Joined(context, board, fleet.ask, hosting, screen.notice)
        for attach in (serving.attach, notifying.attach):
            stack.enter_context(attach(joined))
        return fleet.run()


def _wish(context: Context, ask: Ask, extra: Mapping[str, str]) -> Wish:
    """What each bot is; one of Python's would keep what it prints for long, as it has no terminal."""
    unbuffered = {} if "PYTHONUNBUFFERED" in context.environ else {"PYTHONUNBUFFERED": "1"}
    cwd = ask.cwd or context.repo.worktree
    environ = {**unbuffered, **extra}
    return Wish(ask.command, cwd, environ, ask.allow_protected, ask.once, _once(ask.passphrase))


def _once(ask: Passphrase | None) -> Passphrase | None:
    """Ask once for all slots, of which several may start at the same time."""
    if ask is None:
        return None
    lock, answers = threading.Lock(), dict[str, str]()

    def answer(text: str) -> str:
        with lock:
            if text not in answers:
                answers[text] = ask(text)
            return answers[text]

    return answer


def _bound() -> int:
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return at_once(cores, psutil.virtual_memory().available)


class _Members(NamedTuple):
    """What the members of a fleet have in common."""

    context: Context
    wish: Wish
    notice: Callable[[str], None]
    board: Board
    outputs: Outputs

    def of(self, slots: Iterable[str]) -> dict[str, Member]:
        """The members for these slots, in their order."""
        branches = fleet_choice.branches(self.context)
        return {slot: self._member(slot, branches.get(slot)) for slot in slots}

    def _member(self, slot: str, branch: str | None) -> Member:
        job = SlotJob(self.context, slot, branch, self.wish, self.notice, self.board.recovered)
        lines = Lines()
        observe = functools.partial(observing.observe, self.context, lines=lines)
        return Member(job.work(), SlotScreen(slot, self.outputs, lines), observe, self._longest(slot))

    def _longest(self, slot: str) -> float:
        """How long its start counts: not so long where nobody is sure to tell that it is over."""
        driver = registry.get(records.read_record(self.context.store, slot).driver)
        seen = isinstance(driver, ProfilesDriver) or self.context.config.settings.bot.log_lines.ready
        return LONGEST if seen else UNSEEN
