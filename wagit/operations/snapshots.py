"""The snapshots of a slot: take one, list, show, compare, let go."""

from __future__ import annotations

from typing import NamedTuple

from wagit.config.problems import near
from wagit.core.clock import rfc3339
from wagit.operations import snapshot
from wagit.operations.context import Context
from wagit.operations.snapshot import Ask
from wagit.operations.which import which
from wagit.routing import names
from wagit.slots import records
from wagit.snapshots.reading import Progress, no_progress


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


def take(context: Context, slot: str | None, ask: Ask, progress: Progress = no_progress) -> Snapshotted:
    """Snapshot a slot, by default this worktree's. Raises as `snapshot.take`, BadSlotName."""
    slot = slot_of(context, slot)
    taken = snapshot.take(context.repo, context.store, slot, ask, progress)
    header = taken.snapshot.header
    return Snapshotted(
        slot, taken.snapshot.id, taken.new, rfc3339(header.time), header.tag, header.files, header.size,
        taken.added, dry_run=False,
    )  # fmt: skip


def preview(context: Context, slot: str | None, ask: Ask) -> Snapshotted:
    """What `take` would do; `added` counts files that may have changed, whole. Raises as `take`."""
    slot = slot_of(context, slot)
    found = snapshot.preview(context.repo, context.store, slot, ask)
    return Snapshotted(
        slot, found.last.id if found.last else None, True, rfc3339(ask.now), found.tag, found.files,
        found.size, found.added, dry_run=True,
    )  # fmt: skip


def slot_of(context: Context, slot: str | None) -> str:
    """The slot that is meant: the one given, which needs a directory, or this worktree's.

    Raises BadSlotName, NoSuchSlot.
    """
    if slot is None:
        return which(context).slot
    if not records.exists(context.store, names.check(slot)):
        meant = near(slot, records.slot_names(context.store))
        raise records.NoSuchSlot(f"there is no slot {slot!r}{meant}", "list them: wagit sessions ls")
    return slot
