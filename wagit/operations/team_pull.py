"""Pull the team's newest session into a slot; what the slot has becomes a snapshot."""

from __future__ import annotations

from typing import NamedTuple


class TeamPulled(NamedTuple):
    """What was pulled, or would be: the push's `number`, when and by whom; `fetched` bytes came.

    Not `new` when the slot is up to date. `snapshot` is the session as a local snapshot, `replaced` the one
    of what was there before, `kept` whether that was never pushed; `aside` is where it lies when it could
    not be read.
    """

    slot: str
    remote: str
    number: int
    generation: int
    time: str | None
    by: str | None
    host: str | None
    files: int
    size: int
    fetched: int
    new: bool
    snapshot: str | None
    replaced: str | None
    kept: bool
    aside: str | None
    notices: tuple[str, ...]
    dry_run: bool
