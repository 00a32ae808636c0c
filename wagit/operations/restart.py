"""Restart the bot of a worktree: as if it were its first start, whatever came of it before."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core import control, running
from wagit.operations import background, standings
from wagit.operations.context import Context
from wagit.operations.standings import BotNow
from wagit.operations.up import Wait, await_state, check, up


class Restarted(NamedTuple):
    """The run whose bot is restarted; `began`: none ran, so it was started in the background."""

    supervisor: int
    began: bool
    bots: tuple[BotNow, ...]


def restart(context: Context, asked: background.Asked, wait: Wait = Wait()) -> Restarted:  # noqa: B008 - immutable
    """Have the bots stopped safely and started, and wait as `wait` says; where no run is on, start one.

    With `wait.slot` that bot alone. Raises what `up` does, and NoSupervisor when the one that runs does not
    answer, or refuses, or there is none for that slot.
    """
    check(wait.state)
    holder = running.supervisor(context.repo)
    if holder is None and wait.slot is not None:
        raise control.NoSupervisor(f"no bot of slot {wait.slot} is run here", "start it: wagit up")
    if holder is None:
        done = up(context, asked, wait)
        return Restarted(done.supervisor, True, done.bots)
    before = frozenset(
        bot.pid
        for bot in standings.look(context.repo).bots
        if bot.pid is not None and wait.slot in (None, bot.slot)
    )
    control.demand(running.socket_of(context.repo), {"op": "restart", "slot": wait.slot})
    return Restarted(holder.pid, False, await_state(context.repo, wait._replace(but=before)))
