"""Look at a slot's lease, ask its holder for it, or take it."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.errors import UsageError
from wagit.operations import team_access
from wagit.operations.context import Context
from wagit.operations.team_slots import shared_slot
from wagit.operations.team_tenure import turn
from wagit.team.keys import Ask
from wagit.team.leases import Look


class TeamLease(NamedTuple):
    """A slot's lease: `holder` on `host` has it, null when nobody does, `ours` whether that is this store.

    `left` are the seconds until anybody may take it, as far as this machine can tell; `fence` counts the
    leases; `requested` asked for it. `done` is what was done: `looked`, `requested`, `taken`.
    """

    slot: str
    holder: str | None
    host: str | None
    ours: bool
    left: float
    fence: int
    requested: str | None
    done: str


def lease(
    context: Context,
    slot: str | None = None,
    *,
    request: bool = False,
    take: bool = False,
    ask: Ask | None = None,
) -> TeamLease:
    """Look at the lease of a slot, by default this worktree's; `request` it or `take` it.

    Raises NotShared, LeaseHeld when it cannot be taken, and what `team_access.access` and `Leases` raise.
    """
    if request and take:
        raise UsageError("lease takes either --request or --take", "see: wagit team lease --help")
    slot = shared_slot(context, slot)
    leases = team_access.leases(team_access.access(context, ask))
    if take:
        with turn(context.store, slot):
            leases.take(slot)
        return _told(slot, leases.look(slot), "taken")
    if not request:
        return _told(slot, leases.look(slot), "looked")
    look = leases.request(slot)
    asked = look.lease is not None and not look.ours
    return _told(slot, look, "requested" if asked else "looked")


def _told(slot: str, look: Look, done: str) -> TeamLease:
    held = look.lease
    request = held.request if held is not None else None
    return TeamLease(
        slot, held.by if held else None, held.host if held else None, look.ours, look.left, look.fence,
        request.by if request else None, done,
    )  # fmt: skip
