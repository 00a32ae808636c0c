"""Stop the bot of a worktree, wherever it was started, and wait until it and its wagit have ended."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import NamedTuple

from wagit.core import control, running
from wagit.core.errors import WagitError
from wagit.core.processes import ProcessId, await_end, host_name
from wagit.core.repository import Repository, worktrees
from wagit.operations import standings
from wagit.operations.context import Context
from wagit.operations.standings import BotNow


class ElsewhereRuns(WagitError):
    """The worktree's supervisor runs on another host."""

    code = "elsewhere-runs"


class Down(NamedTuple):
    """A worktree's run that has ended: the pid of its wagit, null when none ran, and its bots in the end."""

    worktree: str
    supervisor: int | None
    bots: tuple[BotNow, ...]


def down(context: Context, *, all_worktrees: bool = False) -> list[Down]:
    """Stop this worktree's bot, or those of all. Raises ElsewhereRuns."""
    repos = worktrees(context.repo) if all_worktrees else [context.repo]
    return [_down(repo) for repo in repos]


def _down(repo: Repository) -> Down:
    holder = running.supervisor(repo)
    if holder is None:
        return Down(repo.worktree, None, ())
    if holder.host != host_name():
        raise ElsewhereRuns(f"the bot runs on another host: {holder}", "stop it there: wagit down")
    if hasattr(signal, "SIGCONT"):
        _send(holder.pid, signal.SIGCONT)  # one that was suspended answers nothing, and acts on nothing
    ran = {bot.slot for bot in standings.look(repo).bots if bot.state != "stopped"}
    try:
        _ask(repo)
    except (control.NoSupervisor, TimeoutError):  # its socket is gone or full, or it hangs
        _send(holder.pid, signal.SIGTERM)
    await_end(ProcessId(holder.host, holder.pid, holder.started))
    bots = standings.look(repo).bots
    return Down(repo.worktree, holder.pid, tuple(bot for bot in bots if bot.slot in ran))


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _ask(repo: Repository) -> None:
    """Ask for the end; it has come, nearly, when the supervisor hangs up."""
    path = running.socket_of(repo)
    with control.talk(path, {"op": "watch"}) as talk:
        talk.next(control.TIMEOUT)
        control.demand(path, {"op": "stop"})
        while talk.next() is not None:
            pass
