"""Leases that are given elsewhere than in the heads: their number there keeps out who had one before."""

from __future__ import annotations

from wagit.team import lease
from wagit.team.access import Access, Found, first_head
from wagit.team.head import Head
from wagit.team.head_change import change
from wagit.team.leases import Held, LeaseHeld, LeaseLost


def put(access: Access, held: Held) -> Found:
    """Have our lease's number in the head; from then on no push under an earlier lease succeeds.

    Raises LeaseLost when a later one's is there, LeaseHeld when a member has a lease in the head itself, and
    as `change`.
    """

    def decide(head: Head | None) -> Head | None:
        if head is None:
            return first_head(access, held.slot)._replace(fence=held.fence)
        if head.fence > held.fence:
            raise lost(held.slot)
        if head.lease is not None:
            _require_over(access, held.slot)
        return None if is_up(head, held) else head._replace(fence=held.fence, lease=None)

    found = change(access, held.slot, decide)
    assert found is not None
    return found


def is_up(head: Head, held: Held) -> bool:
    """Whether the head has our number, and nobody has a lease in it."""
    return head.fence == held.fence and head.lease is None


def lost(slot: str) -> LeaseLost:
    """Nothing may be pushed any more."""
    return LeaseLost(
        f"the lease of slot {slot} is not ours any more, so nothing was pushed",
        "see who has it: wagit team ls",
    )


def _require_over(access: Access, slot: str) -> None:
    """Who has not trusted yet that leases are given elsewhere may run a bot. Raises LeaseHeld."""
    from wagit.team.head_leases import HeadLeases

    look = HeadLeases(access).look(slot)
    if look.left > 0 and not look.ours:
        raise LeaseHeld(
            f"slot {slot!r} is {lease.words(look)}: that lease is on the team's remote, and not where"
            " team.lease.at has leases given",
            "all members need the same team.lease.at: have them run wagit trust",
        )
