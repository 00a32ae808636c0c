"""What is told of a snapshot that was taken. Light: it is all that a snapshot's short way needs."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.operations.snapshot import Taken


class Snapshotted(NamedTuple):
    """What `snapshot` did; `added` in bytes of objects the store did not have, `time` RFC 3339 UTC.

    Not `new` when nothing changed since the newest one, which is the one named then. `snapshot` is null
    when there is none yet, which only a dry run can say.
    """

    slot: str
    snapshot: str | None
    new: bool
    time: str
    tag: str
    files: int
    size: int
    added: int
    dry_run: bool


def told(taken: Taken, slot: str) -> Snapshotted:
    """What is told of a snapshot that was taken."""
    header = taken.snapshot.header
    return Snapshotted(
        slot, taken.snapshot.id, taken.new, rfc3339(header.time), header.tag, header.files, header.size,
        taken.added, dry_run=False,
    )  # fmt: skip
