"""When a lease may be taken, is to be renewed and is over, and what to tell people of it. Pure.

Seconds are of this machine's own boot clock, and never compared with another's.
"""

from __future__ import annotations

from typing import NamedTuple

from wagit.team.head import Head, Lease, Request
from wagit.team.leases import Held, LeaseHeld, LeaseLost, Look
from wagit.team.state import Own, Watched

PATIENCE = 1.05  # times a term: two clocks may run that much unlike each other while they count one
STOPPING = 5.0  # seconds that a stop may take beyond its grace
RENEWALS = 3  # tries in a term


class Moment(NamedTuple):
    """Now, in seconds of the boot clock, of which boot."""

    now: float
    boot: str


def mark(head: Head) -> str:
    """What each lease and each renewal changes, and nothing else: neither a push nor a request."""
    lease = head.lease
    return "" if lease is None else f"{lease.id}:{head.fence}:{lease.renewals}"


def watched(before: Watched | None, seen: str, moment: Moment) -> Watched:
    """Since when the mark that is seen now has been watched; what another boot saw begins anew."""
    if before is not None and (before.mark, before.boot) == (seen, moment.boot):
        return before._replace(since=min(before.since, moment.now))
    return Watched(seen, moment.now, moment.boot)


def left(lease: Lease | None, watching: Watched, moment: Moment) -> float:
    """Seconds until anybody may take it: it has to be seen unchanged for a term and a twentieth of one."""
    if lease is None:
        return 0.0
    return max(0.0, watching.since + lease.term * PATIENCE - moment.now)


def is_ours(lease: Lease | None, own: Own | None, place: str) -> bool:
    """Whether this very store took it, even if it does not know that it succeeded."""
    return lease is not None and own is not None and (own.id, own.place) == (lease.id, place)


def lasts(began: float, term: float) -> float:
    """Until when a lease lasts for sure, whose taking or renewing began then: others saw it later."""
    return began + term


def stop_at(until: float, term: float, grace: float) -> float:
    """When its bot has to begin to stop, to be gone before the lease is."""
    return until - min(grace + STOPPING, term / 2)


def renew_every(term: float) -> float:
    """Seconds from one renewal to the next."""
    return term / RENEWALS


def retry_after(term: float) -> float:
    """Seconds from a renewal that failed to the next try."""
    return max(0.1, term / 30)


def taken(head: Head, lease: Lease, fence: int) -> Head:
    """The head with a new lease; `fence` is greater than any before."""
    return head._replace(fence=fence, lease=lease)


def renewed(head: Head, term: float) -> Head:
    """The head with its lease renewed; what was asked of the holder stays.

    Its term never gets shorter: another process of the holder's may count on the longer one.
    """
    assert head.lease is not None
    longer = max(term, head.lease.term)
    return head._replace(lease=head.lease._replace(term=longer, renewals=head.lease.renewals + 1))


def requested(head: Head, request: Request) -> Head:
    """The head with the holder asked for its lease."""
    return head if head.lease is None else head._replace(lease=head.lease._replace(request=request))


def has(head: Head | None, held: Held) -> bool:
    """Whether the head still gives the lease to who took it as `held`. A push asks this, too."""
    return (
        head is not None and head.lease is not None and (head.lease.id, head.fence) == (held.id, held.fence)
    )


def check(head: Head | None, held: Held) -> Head:
    """The head, where it still gives us the lease. Raises LeaseLost."""
    if head is not None and has(head, held):
        return head
    if head is None:
        why = "nothing of it is on the remote any more"
    elif head.lease is None:
        why = "it was given back"
    else:
        why = f"{who(head.lease)} has it now"
    raise LeaseLost(f"the lease of slot {held.slot!r} is lost: {why}", "see who has it: wagit team ls")


def refuse(slot: str, look: Look) -> LeaseHeld:
    """What tells somebody that they have to wait or to ask."""
    held = LeaseHeld(
        f"slot {slot!r} is {words(look)}",
        f"ask the holder: wagit team lease {slot} --request; or wait, then: wagit team lease {slot} --take",
    )
    held.look = look
    return held


def words(look: Look) -> str:
    """Who has a lease and for how long: `held by ada on laptop; free in at most 4 min 10 s`."""
    if look.lease is None:
        return "free"
    if look.ours:
        return "held here"
    if look.left <= 0:
        return f"free: {who(look.lease)} let it run out"
    return f"held by {who(look.lease)}; free in at most {span(look.left)}"


def who(one: Lease | Request) -> str:
    """A person and a machine: `ada on laptop`."""
    return f"{one.by} on {one.host}"


def span(seconds: float) -> str:
    """A time to wait, never told as shorter than it is: `4 min 10 s`."""
    whole = int(-(-seconds // 1))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts + [f"{rest} s"] * bool(rest and not hours)) or "0 s"
