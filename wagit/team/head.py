"""The head of a shared slot: which pushed session is current, and who has the lease. One small age file.

Both are in one place that changes by compare-and-swap, so that whoever lost the lease cannot push: that
needs no clock.
"""

from __future__ import annotations

from typing import NamedTuple

from wagit.team.remote import Blob


class Request(NamedTuple):
    """Somebody who wants the lease; the holder sees it. `time` in seconds since the epoch, by their clock."""

    by: str
    host: str
    time: float


class Lease(NamedTuple):
    """The right to run a shared slot. `id` is the holder's secret of 32 hex digits, new with each lease.

    `term` is for how many seconds it lasts without renewal, `renewals` counts those, so that a holder that
    lives changes the head. `since` is by the holder's clock, for people only: nothing is decided by it.
    """

    id: str
    by: str
    host: str
    term: float
    since: float
    renewals: int = 0
    request: Request | None = None


class Pushed(NamedTuple):
    """A session that was pushed: the push's `number`, the session's `generation`, when, by whom, from where.

    `time` in seconds since the epoch, by the pusher's clock. `size` in bytes, unpacked.
    """

    number: int
    generation: int
    time: float
    by: str
    host: str
    files: int
    size: int


class Head(NamedTuple):
    """What a shared slot's head says. `secret` proves that a member wrote it, `fence` counts the leases.

    `current` is the blob with the index of the current session, None before the first
    push; `pushed` tells of it.
    """

    slot: str
    secret: str
    fence: int = 0
    lease: Lease | None = None
    current: Blob | None = None
    pushed: Pushed | None = None
