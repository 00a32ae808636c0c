"""What applies in this worktree now: branch, slot, link, holder, hooks."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.operations import hooks, sessions_ls, standings, use
from wagit.operations.context import Context
from wagit.operations.standings import BotNow
from wagit.operations.which import Which, which
from wagit.routing.binding import read_binding
from wagit.slots import records


class Status(NamedTuple):
    """The worktree's binding after it was brought up to date, and its slot; `since` RFC 3339 UTC.

    `supervisor` is the pid of the wagit that runs the worktree's bots, null when none does; `bots` are as
    they stand now, else as was last known.
    """

    branch: str | None
    slot: str
    reason: str
    pinned: bool
    since: str | None
    link: str | None
    linked: bool
    session: sessions_ls.Session | None
    hooks: bool
    supervisor: int | None
    bots: tuple[BotNow, ...]
    notices: tuple[str, ...]


def status(context: Context) -> Status:
    """Re-resolve, mend what a missed hook left, and report. Raises ConfigProblems."""
    notices = use.try_follow(context, "status")
    found: Which = which(context)
    binding = read_binding(context.repo)
    known = records.exists(context.store, found.slot)
    now = standings.look(context.repo)
    return Status(
        found.branch,
        found.slot,
        found.reason,
        found.pinned,
        rfc3339(binding.since) if binding else None,
        binding.link if binding else None,
        bool(binding and binding.linked),
        sessions_ls.one(context, found.slot) if known else None,
        hooks.installed(context.repo, context.environ),
        now.supervisor,
        now.bots,
        notices,
    )
