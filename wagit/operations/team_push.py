"""Push a slot's session: a clean snapshot of it becomes the team's newest, or nothing changes there."""

from __future__ import annotations

from typing import NamedTuple


class TeamPushed(NamedTuple):
    """What was pushed, or would be: `number` counts the team's pushes, `sent` bytes went to the remote.

    Not `new` when the team has this very session already. `snapshot` is the local one that was pushed,
    `size` its bytes.
    """

    slot: str
    remote: str
    number: int
    generation: int
    snapshot: str | None
    files: int
    size: int
    sent: int
    new: bool
    notices: tuple[str, ...]
    dry_run: bool
