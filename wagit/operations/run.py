"""Run the bot in the foreground on the session of its branch."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping

from wagit.bots.board import Board
from wagit.bots.outside import Outside, Work
from wagit.bots.screen import UserScreen
from wagit.bots.supervisor import Supervisor
from wagit.bots.watch import Change, Watcher
from wagit.operations import before_start, hooks, hosted, notifying, observing, qr_shown, serving, trust
from wagit.operations.context import Context
from wagit.operations.job import Job, Wish
from wagit.operations.joined import Joined
from wagit.operations.which import which


def built_in(arguments: list[str]) -> tuple[str, ...]:
    """The command that runs the built-in bot with the user's own options."""
    return (sys.executable, "-m", "wagit", *arguments[1:])


def questions(context: Context) -> list[str]:
    """What to ask before a run: a question for a protected slot."""
    slot = which(context).slot
    protected = before_start.is_protected(context, slot)
    return [f"Slot {slot} is protected. Run the bot on it?"] if protected else []


def run(
    context: Context,
    command: tuple[str, ...] = (),
    cwd: str | None = None,
    *,
    allow_protected: bool = False,
    once: bool = False,
) -> int:
    """Run `command`, or the config's, in `cwd` until it ends or a signal asks; return its exit status.

    A bot that ends otherwise than with status 0 is started again as `bot.restart` says, unless `once`.

    Follows the branch: another slot means a safe stop and a new start. Raises SlotBusy, WrongAccount,
    NotTrusted, NoCommand, ConfigProblems, CommandNotFound, RecoveryOff, RecoveryFailed, TookTooLong.
    """
    if not command:
        trust.require_command(context)
    screen = UserScreen()
    for line in hooks.keep(context.repo, context.environ):
        screen.notice(line)
    with _test_mode(context, screen.notice) as extra, contextlib.ExitStack() as stack:
        wish = Wish(command, cwd or context.repo.worktree, extra, allow_protected, once)
        board = Board()
        job = Job(context, wish, screen.notice, board.recovered)
        hosting = stack.enter_context(hosted.hosting(context, screen.notice))
        observe = functools.partial(observing.observe, context)
        outside = Outside(screen.notice, screen, observe=observe, tell=board.put, hosting=hosting)
        supervisor = Supervisor(
            Work(job.resolve, job.take, job.settle, job.save), lambda tell: _watcher(context, tell), outside
        )
        joined = Joined(context, board, supervisor.ask, hosting, screen.notice)
        for attach in (serving.attach, notifying.attach, qr_shown.attach):
            stack.enter_context(attach(joined))
        return supervisor.run()


def _watcher(context: Context, tell: Callable[[Change], None]) -> Watcher:
    files = [*(file.path for file in context.config.files), context.store.trust()]
    return Watcher(context.repo, tell, files)


@contextlib.contextmanager
def _test_mode(context: Context, notice: Callable[[str], None]) -> Iterator[Mapping[str, str]]:
    """In test mode a stand-in plays WhatsApp, unless one runs already."""
    if not context.config.settings.test_mode or "WAGIT_STANDIN" in context.environ:
        yield {}
        return
    from wagit.standin.server import Standin, StandinRuns, environ_of_running

    state_dir = os.path.join(context.store.root, "standin")
    with contextlib.ExitStack() as stack:
        try:
            environ = stack.enter_context(Standin.start(state_dir)).environ(context.environ)
        except StandinRuns:  # another bot of this repository started it
            environ = environ_of_running(state_dir, context.environ)
        notice(f"test mode: WhatsApp is played offline; its phone is {environ['WAGIT_STANDIN']}")
        yield environ
