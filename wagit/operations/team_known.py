"""Who has a shared slot's lease, as this machine knows it: nobody is asked."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from wagit.core.boot_clock import SystemBootClock
from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.operations import team_access
from wagit.operations.context import Context


class KnownLease(NamedTuple):
    """A lease as it was known last. `by` is who has it, on `host`; null for nobody, and where it is `ours`.

    `left` are the seconds that it lasts unless it is renewed; `known` is when the remote told so, RFC 3339,
    null for never, and for ours.
    """

    by: str | None
    host: str | None
    ours: bool
    left: float
    known: str | None


def lease_of(context: Context, slot: str) -> KnownLease | None:
    """The lease of a slot; None of one that is not shared."""
    if not team_access.is_shared(context, slot):
        return None
    from wagit.team import seen, state

    clock = SystemBootClock()
    held = state.held(context.store, slot, clock)
    if held is not None:
        return KnownLease(None, None, True, round(held.until - clock.now(), 1), None)
    nobody = KnownLease(None, None, False, 0.0, None)
    with contextlib.suppress(WagitError):
        team = team_access.team_of(context)
        known = seen.read(context.store, team, slot) if team is not None else None
        if known is not None and known.looked is not None and not known.ours:
            left = max(0.0, known.left - max(0.0, context.clock.now() - known.looked))
            by, host = (known.lease.by, known.lease.host) if known.lease else (None, None)
            return KnownLease(by, host, False, round(left, 1), rfc3339(known.looked))
    return nobody
