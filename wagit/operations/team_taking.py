"""Take a lease for a run, and word why it cannot be had."""

from __future__ import annotations

import contextlib

from wagit.core.locks import Locked
from wagit.operations.context import Context
from wagit.team.access import Access
from wagit.team.leases import Held, LeaseHeld, Leases
from wagit.team.remote import RemoteRefused, RemoteUnreachable


class Taking:
    """Takes leases; while the same one has a slot's, the refusal has the same words, and so is said once."""

    def __init__(self) -> None:
        self._refusals: dict[str, LeaseHeld] = {}

    def take(self, context: Context, access: Access, leases: Leases, slot: str) -> Held:
        """Raises LeaseHeld, RemoteUnreachable, RemoteRefused, and as `Leases.take`."""
        try:
            held = leases.take(slot)
        except (RemoteUnreachable, RemoteRefused) as error:
            raise type(error)(
                f"slot {slot} is shared, and its lease cannot be had: {error.message}",
                error.hint or "a shared slot needs the network to start, unless its lease is here already",
            ) from error
        except LeaseHeld as error:
            _remember(context, access, slot, error)
            raise self._refusal(slot, error) from None
        self._refusals.pop(slot, None)
        return held

    def _refusal(self, slot: str, error: LeaseHeld) -> LeaseHeld:
        before = self._refusals.get(slot)
        if before is None or before.message.partition(";")[0] != error.message.partition(";")[0]:
            self._refusals[slot] = error
        return self._refusals[slot]


def _remember(context: Context, access: Access, slot: str, error: LeaseHeld) -> None:
    """For `wagit status`, which asks nobody."""
    from wagit.team import seen

    if error.look is not None:
        with contextlib.suppress(OSError, Locked):
            seen.looked(access.store, access.team, slot, error.look, context.clock.now())
