"""What `status --watch` prints: a table that is kept up to date, lines in a pipe, JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wagit.cli.front import Front, plain
from wagit.cli.render import mask
from wagit.cli.render_status import current, sentence
from wagit.cli.render_status import state as state_of

if TYPE_CHECKING:
    from rich.table import Table

    from wagit.operations.standings import BotNow, Bots


def show(front: Front, changes: Iterator[Bots], show_numbers: bool) -> None:
    """Print each change as it comes, until Ctrl-C."""
    masked = (bots._replace(bots=mask(bots.bots, show_numbers)) for bots in changes)
    if front.shared.json:
        for bots in masked:
            print(json.dumps(plain(bots)), flush=True)
    elif sys.stdout.isatty():
        _table_of(front, masked)
    else:
        _lines_of(masked)


def _lines_of(changes: Iterator[Bots]) -> None:
    """A line a bot that changed; when nothing is known of any, one that says so."""
    before: dict[str, BotNow] = {}
    for bots in changes:
        for bot in bots.bots:
            if before.get(bot.slot) != bot:
                print(f"{bot.since} {sentence(bot)}", flush=True)
        before = {bot.slot: bot for bot in bots.bots}
        if not before:
            print("no bot has run here yet", flush=True)


def _table_of(front: Front, changes: Iterator[Bots]) -> None:
    """A table that is drawn anew at each change, and each second for the ages in it."""
    from rich.live import Live

    first = next(changes)
    now = [first]
    with Live(
        get_renderable=lambda: table(now[-1]), console=front.console(), refresh_per_second=1, transient=False
    ) as live:
        for bots in changes:
            now[:] = [bots]
            live.refresh()


def table(bots: Bots) -> Table:
    """One row a bot; what is long wraps in the last column."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    runs = f"wagit runs, pid {bots.supervisor}" if bots.supervisor is not None else "no bot runs: wagit up"
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, caption=f"{runs}; Ctrl-C ends this view")
    for column in ("slot", "branch", "state", "restarts", "pid"):
        drawn.add_column(column, no_wrap=column in ("state", "restarts", "pid"), overflow="ellipsis")
    drawn.add_column("why, and what to do", ratio=1)
    for bot in current(bots.bots):
        why = "; ".join(filter(None, (bot.reason, bot.next_step)))
        restarts = f"{bot.restarts} of {bot.attempts}" if bot.restarts else "-"
        drawn.add_row(bot.slot, bot.branch or "-", state_of(bot), restarts, str(bot.pid or "-"), why)
    return drawn
