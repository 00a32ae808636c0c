"""Give a lease back."""

from __future__ import annotations

from typing import NamedTuple

from wagit.operations import team_access
from wagit.operations.context import Context
from wagit.operations.team_slots import shared_slot
from wagit.operations.team_tenure import turn
from wagit.slots import holding
from wagit.team.keys import Ask
from wagit.team.leases import Held


class TeamReleased(NamedTuple):
    """What was given back; not `done` when this store had no lease. `requested` is who waits for it."""

    slot: str
    done: bool
    requested: str | None


def release(context: Context, slot: str | None = None, *, ask: Ask | None = None) -> TeamReleased:
    """Give the lease of a slot back, by default this worktree's. A bot must not run on it any more.

    Raises NotShared, SlotBusy, and what `team_access.access` and `Leases.release` raise.
    """
    slot = shared_slot(context, slot)
    leases = team_access.leases(team_access.access(context, ask))
    with turn(context.store, slot):
        holder = holding.in_use_by(context.store, slot)
        if holder is not None:
            raise holding.SlotBusy(
                f"slot {slot} is in use by {holder}, so its lease stays",
                "stop it, which pushes and gives the lease back: wagit down, or Ctrl-C there",
            )
        look = leases.look(slot)
        if look.lease is None or not look.ours:
            return TeamReleased(slot, done=False, requested=None)
        request = look.lease.request
        leases.release(Held(slot, look.lease.id, look.fence, 0.0))
    return TeamReleased(slot, done=True, requested=request.by if request else None)
