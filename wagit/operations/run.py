"""Run the bot in the foreground on the session of its branch."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from wagit.bots.board import Board
from wagit.bots.log_screen import LogScreen
from wagit.bots.outside import Outside
from wagit.bots.screen import UserScreen
from wagit.bots.supervisor import Supervisor
from wagit.bots.watch import Change, Watcher
from wagit.operations import (
    before_start,
    hooks,
    hosted,
    notifying,
    observing,
    orphans,
    qr_shown,
    serving,
    team_trust,
    trust,
)
from wagit.operations.context import Context
from wagit.operations.job import Job, Wish
from wagit.operations.joined import Joined
from wagit.operations.offline import test_mode
from wagit.operations.which import which

if TYPE_CHECKING:
    from wagit.team.keys import Ask


def built_in(arguments: list[str]) -> tuple[str, ...]:
    """The command that runs the built-in bot with the user's own options."""
    return (sys.executable, "-m", "wagit", *arguments[1:])


def questions(context: Context) -> list[str]:
    """What to ask before a run: a question for a protected slot."""
    slot = which(context).slot
    protected = before_start.is_protected(context, slot)
    return [f"Slot {slot} is protected. Run the bot on it?"] if protected else []


def run(  # noqa: PLR0913  # each is an option of the verb
    context: Context,
    command: tuple[str, ...] = (),
    cwd: str | None = None,
    *,
    allow_protected: bool = False,
    once: bool = False,
    ask: Ask | None = None,
    showing: qr_shown.Showing = qr_shown.NOWHERE,
    screen: UserScreen | LogScreen | None = None,
) -> int:
    """Run `command`, or the config's, in `cwd` until it ends or a signal asks; return its exit status.

    A bot that ends otherwise than with status 0 is started again as `bot.restart` says, unless `once`. `ask`
    asks for the passphrase of the user's key, where a slot is shared.

    Follows the branch: another slot means a safe stop and a new start. Raises SlotBusy, WrongAccount,
    NotTrusted, NoCommand, ConfigProblems, CommandNotFound, RecoveryOff, RecoveryFailed, TookTooLong; and on a
    shared slot LeaseHeld, LeaseLost, RemoteUnreachable, NoTeam, NoKey, CannotDecrypt, NotAMember.
    """
    if not command:
        trust.require_command(context)
    screen = screen or UserScreen()
    for line in (*hooks.keep(context.repo, context.environ), *orphans.end_here(context)):
        screen.notice(line)
    draw = screen.notice.draw if isinstance(screen, UserScreen) and os.isatty(2) else None
    drawn = {qr_shown.VARIABLE: "drawn" if draw is not None and showing.terminal else ""}
    with test_mode(context, screen.notice) as extra, contextlib.ExitStack() as stack:
        wish = Wish(command, cwd or context.repo.worktree, {**extra, **drawn}, allow_protected, once, ask)
        board = Board()
        job = Job(context, wish, screen.notice, board.recovered)
        hosting = stack.enter_context(hosted.hosting(context, screen.notice))
        once_each = functools.cache(screen.notice)
        observe = functools.partial(observing.observe, context, lines=screen.lines, notice=once_each)
        outside = Outside(screen.notice, screen, observe=observe, tell=board.put, hosting=hosting)
        supervisor = Supervisor(job.work(), lambda tell: _watcher(context, tell), outside)
        joined = Joined(context, board, supervisor.ask, hosting, screen.notice)
        attach_qr = functools.partial(qr_shown.attach, showing=showing, draw=draw)
        for attach in (serving.attach, notifying.attach, attach_qr):
            stack.enter_context(attach(joined))
        return supervisor.run()


def _watcher(context: Context, tell: Callable[[Change], None]) -> Watcher:
    allowed = [context.store.trust(), team_trust.path_of(context.store)]
    files = [*(file.path for file in context.config.files), *allowed]
    return Watcher(context.repo, tell, files)
