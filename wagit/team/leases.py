"""Leases: the right to run a shared slot, held by one member on one machine."""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol

from wagit.core.errors import WagitError
from wagit.team.head import Lease, Request


class LeaseHeld(WagitError):
    """Somebody else has the lease; `look` is what was seen of it."""

    code = "lease-held"
    exit_status = 13
    look: Look | None = None


class LeaseLost(WagitError):
    """The lease is not ours any more: it ran out, was taken, or the place where it was written is gone."""

    code = "lease-lost"
    exit_status = 13


def new_id() -> str:
    """A lease's id, which nobody guesses: 32 hex digits."""
    return os.urandom(16).hex()


class Held(NamedTuple):
    """A lease of ours: its id, its fencing number, and until when it lasts, on this machine's boot clock.

    `request` is somebody who asked for it, as it was seen when the lease was taken or renewed last.
    """

    slot: str
    id: str
    fence: int
    until: float
    request: Request | None = None


class Look(NamedTuple):
    """Who has a slot's lease. `ours`: this store has it. `left`: seconds until anybody may take it.

    `left` is 0 for one that is free or has run out as far as this machine has watched it, and at most a term
    and what two clocks may differ by in one (`lease.PATIENCE`).
    """

    lease: Lease | None
    fence: int
    ours: bool
    left: float


class Leases(Protocol):
    """Gives leases. No method trusts two clocks to agree.

    Each may raise RemoteUnreachable and RemoteRefused, and CannotDecrypt.
    """

    def look(self, slot: str) -> Look:
        """Who has it now. It is remembered, so that a later `take` need not watch for a whole term."""

    def take(self, slot: str) -> Held:
        """Take a free lease, one that has run out, or again what is ours. Raises LeaseHeld."""

    def renew(self, held: Held) -> Held:
        """Make it last for another term. Raises LeaseLost when it is not ours any more."""

    def release(self, held: Held) -> None:
        """Give it back; one that is not ours any more is left alone."""

    def request(self, slot: str) -> Look:
        """Ask the holder for it; it is theirs to give. Raises nothing when nobody has it."""
