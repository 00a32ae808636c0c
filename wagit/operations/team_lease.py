"""Look at a slot's lease, ask its holder for it, or take it."""

from __future__ import annotations

from typing import NamedTuple


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
