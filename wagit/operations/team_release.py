"""Give a lease back."""

from __future__ import annotations

from typing import NamedTuple


class TeamReleased(NamedTuple):
    """What was given back; not `done` when this store had no lease. `requested` is who waits for it."""

    slot: str
    done: bool
    requested: str | None
