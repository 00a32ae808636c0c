"""A lease for the time of one step: of a push, of a rotation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wagit.core.errors import WagitError
from wagit.operations.team_tenure import claim, give_back, turn
from wagit.team.access import Access
from wagit.team.leases import Leases

if TYPE_CHECKING:
    from wagit.team.keeper import Keeper


@contextlib.contextmanager
def hold(opened: Access, leases: Leases, slot: str, *, stays: bool = False) -> Iterator[Keeper]:
    """Our lease, renewed as long as the step takes, and given back then, unless it `stays`.

    One that cannot be given back runs out by itself. Raises LeaseHeld, RemoteUnreachable, RemoteRefused.
    """
    from wagit.team.keeper import Keeper

    with turn(opened.store, slot):
        held = leases.take(slot)
        claimed = "" if stays else claim(opened.store, slot)
    keeper = Keeper(leases, held, lambda _: None, lambda _: None, term=opened.team.term, grace=0.0)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()
        if not stays:
            with contextlib.suppress(WagitError, OSError):
                give_back(opened.store, leases, keeper.held, claimed)
