"""The snapshots of a slot: take one, list them, show one."""

from __future__ import annotations

from typing import NamedTuple

from wagit.config.problems import near
from wagit.core.clock import rfc3339
from wagit.core.errors import UsageError
from wagit.core.store import Store
from wagit.operations import snapshot
from wagit.operations.context import Context
from wagit.operations.snapshot import Ask
from wagit.operations.snapshotted import Snapshotted, told
from wagit.operations.which import which
from wagit.routing import names
from wagit.slots import records
from wagit.snapshots import check
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import Entry, Header, Manifest
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.resolve import find


class Snapshot(NamedTuple):
    """One row of `snapshots ls`; `time` RFC 3339 UTC, `size` in bytes. Of a damaged one the id is known."""

    slot: str
    snapshot: str
    damaged: bool
    time: str | None = None
    tag: str | None = None
    why: str | None = None
    message: str | None = None
    branch: str | None = None
    commit: str | None = None
    generation: int | None = None
    files: int | None = None
    size: int | None = None


class File(NamedTuple):
    """One file, directory or link of a snapshot; `digest` is a file's BLAKE3, a link's target, else empty."""

    path: str
    kind: str
    mode: int
    size: int
    digest: str


class SnapshotDetail(NamedTuple):
    """All that is known of one snapshot; `added` in bytes that the one before it does not have.

    `problems` names objects that are gone or have another size. `entries` is empty unless asked for.
    """

    snapshot: Snapshot
    driver: str
    full: bool
    account: str | None
    device: str | None
    browser: str | None
    backend: str | None
    added: int
    manifest: str
    problems: tuple[str, ...]
    entries: tuple[File, ...]


def take(context: Context, slot: str | None, ask: Ask, progress: Progress = no_progress) -> Snapshotted:
    """Snapshot a slot, by default this worktree's. Raises as `snapshot.take`, BadSlotName."""
    slot = live_slot(context, slot)
    return told(snapshot.take(context.repo, context.store, slot, ask, progress), slot)


def preview(context: Context, slot: str | None, ask: Ask) -> Snapshotted:
    """What `take` would do; `added` counts files that may have changed, whole. Raises as `take`."""
    slot = live_slot(context, slot)
    found = snapshot.preview(context.repo, context.store, slot, ask)
    return Snapshotted(
        slot, found.last.id if found.last else None, True, rfc3339(ask.now), found.tag, found.files,
        found.size, found.added, dry_run=True,
    )  # fmt: skip


def ls(context: Context, slot: str | None = None, *, everywhere: bool = False) -> list[Snapshot]:
    """Return a slot's snapshots, newest first, then its damaged ones; `everywhere` those of all slots.

    Raises NoSuchSlot, BadSlotName, OSError.
    """
    slots = check.slots_with_snapshots(context.store) if everywhere else [slot_of(context, slot)]
    return [row for name in slots for row in _rows(context.store, name)]


def show(context: Context, slot: str, text: str, *, files: bool = False) -> SnapshotDetail:
    """Return all that is known of one snapshot. Raises NoSuchSnapshot, AmbiguousSnapshot, DamagedSnapshot."""
    identifier = find(context.store, slot, text, context.clock.now())
    found = manifests.read(context.store, slot, identifier)
    header = found.header
    return SnapshotDetail(
        _row(slot, identifier, header),
        header.driver,
        header.full,
        header.account,
        header.device,
        header.browser,
        header.backend,
        _added(context.store, slot, found),
        manifests.path_of(context.store, slot, identifier),
        tuple(problem.message for problem in check.missing(context.store, found)),
        tuple(_file(entry) for entry in found.entries) if files else (),
    )


def words(context: Context, given: list[str], most: int | None = None) -> tuple[str, list[str]]:
    """Read `[SLOT] SNAPSHOT…`: the first of several words is a slot when there is one of that name.

    Of one word more than `most` snapshots the first must be one. Raises NoSuchSlot, BadSlotName, UsageError.
    """
    first, *others = given
    if most is not None and len(others) > most:
        raise UsageError(f"{others[most]!r} is one word too many", "name a slot, then its snapshots")
    if others and (first in known_slots(context.store) or (most is not None and len(given) > most)):
        return slot_of(context, first), others
    return slot_of(context, None), given


def slot_of(context: Context, slot: str | None) -> str:
    """The slot that is meant, also one that is gone and has snapshots; by default this worktree's.

    Raises BadSlotName, NoSuchSlot.
    """
    if slot is None:
        return which(context).slot
    return _among(known_slots(context.store), slot)


def live_slot(context: Context, slot: str | None) -> str:
    """The slot that is meant, which must be there; by default this worktree's. Raises as `slot_of`."""
    return which(context).slot if slot is None else _among(records.slot_names(context.store), slot)


def known_slots(store: Store) -> list[str]:
    """All slots, also those that are gone and have snapshots, in order."""
    return sorted({*records.slot_names(store), *check.slots_with_snapshots(store)})


def _among(known: list[str], slot: str) -> str:
    if names.check(slot) not in known:
        raise records.NoSuchSlot(
            f"there is no slot {slot!r}{near(slot, known)}", "list them: wagit sessions ls"
        )
    return slot


def _rows(store: Store, slot: str) -> list[Snapshot]:
    known = manifests.listing(store, slot)
    damaged = [Snapshot(slot, one, damaged=True) for one in known.damaged]
    return [*(_row(slot, one, header) for one, header in known.snapshots), *damaged]


def _row(slot: str, identifier: str, header: Header) -> Snapshot:
    return Snapshot(
        slot, identifier, False, rfc3339(header.time), header.tag, header.why, header.message,
        header.branch, header.commit, header.generation, header.files, header.size,
    )  # fmt: skip


def _file(entry: Entry) -> File:
    return File(entry.path, entry.kind, entry.mode, entry.size, entry.digest)


def _added(store: Store, slot: str, found: Manifest) -> int:
    """Bytes of the files whose contents the snapshot before does not have."""
    earlier = (one for one, header in manifests.listing(store, slot).snapshots
               if header.number < found.header.number)  # fmt: skip
    before = next(earlier, None)
    entries = manifests.read(store, slot, before).entries if before else ()
    known = {entry.digest for entry in entries}
    sizes = {entry.digest: entry.size for entry in found.entries if entry.kind == "file"}
    return sum(size for digest, size in sizes.items() if digest not in known)
