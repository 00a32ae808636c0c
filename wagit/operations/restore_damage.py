"""Say what is wrong with a snapshot that cannot be restored, and which other one can be."""

from __future__ import annotations

import os
from collections.abc import Collection

from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.integrity.findings import Finding, broken, worst
from wagit.snapshots import manifest as manifests
from wagit.snapshots.check import verify_object
from wagit.snapshots.manifest import DamagedSnapshot, Header, Manifest, NoSuchSnapshot

MOST_TRIED = 20  # other snapshots that are read in the search for a good one


class BrokenSnapshot(WagitError):
    """A snapshot is as it was taken, but it was taken of a session that was broken already."""

    code = "snapshot-broken"
    exit_status = 12


def broken_snapshot(wanted: Manifest, findings: Collection[Finding]) -> BrokenSnapshot:
    """Word the error for a snapshot of a broken session that nobody named."""
    slot = wanted.header.slot
    return BrokenSnapshot(
        f"snapshot {wanted.id}, the newest clean one of slot {slot}, was taken of a broken session:"
        f" {worst(findings).said}; nothing was changed",
        f"choose an older one: wagit snapshots ls {slot}; to restore this all the same:"
        f" wagit restore {slot} {wanted.id}",
    )


def broken_contents(wanted: Manifest, findings: Collection[Finding]) -> tuple[str, ...]:
    """A line for who has restored a snapshot of a broken session."""
    if not broken(findings):
        return ()
    found = worst(findings)
    slot = wanted.header.slot
    return (
        f"snapshot {wanted.id} was taken of a broken session: {found.said}; {found.effect};"
        f" see what can be done: wagit repair {slot}",
    )


class SnapshotGone(NoSuchSnapshot):
    """A snapshot was pruned for good while it was read."""

    code = "snapshot-gone"


class _Objects:
    """Which objects are good, each read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.good: set[str] = set()
        self.bad: dict[str, str] = {}

    def damaged(self, manifest: Manifest, *, first: bool = False) -> dict[str, str]:
        """What is wrong, by path; with `first` no more than one."""
        found: dict[str, str] = {}
        for entry in manifest.entries:
            if entry.kind != "file" or entry.digest in self.good:
                continue
            if entry.digest not in self.bad:
                try:
                    verify_object(self._store, entry)
                    self.good.add(entry.digest)
                    continue
                except (DamagedSnapshot, OSError) as problem:
                    self.bad[entry.digest] = str(problem)
            found[entry.path] = self.bad[entry.digest]
            if first:
                break
        return found


def explained(store: Store, wanted: Manifest, problem: DamagedSnapshot) -> WagitError:
    """Word the error for damaged objects: the file, the snapshot, and the nearest snapshot that is good.

    Objects of a snapshot that nobody keeps any more are not damaged: they have been collected.
    """
    if not os.path.lexists(manifests.path_of(store, wanted.header.slot, wanted.id)):
        return SnapshotGone(
            f"snapshot {wanted.id} of slot {wanted.header.slot} was pruned while it was read;"
            " nothing was changed",
            f"choose one that is kept: wagit snapshots ls {wanted.header.slot}",
        )
    known = _Objects(store)
    paths = list(known.damaged(wanted).items())
    path, what = paths[0] if paths else ("a file", problem.message)
    more = f", and {len(paths) - 1} more of its files" if len(paths) > 1 else ""
    slot = wanted.header.slot
    return DamagedSnapshot(
        f"snapshot {wanted.id} of slot {slot} is damaged at {path}: {what}{more}; nothing was changed",
        _hint(store, slot, wanted.id, wanted.header.number, known),
    )


def unreadable(store: Store, slot: str, identifier: str, problem: DamagedSnapshot) -> DamagedSnapshot:
    """Word the error for a damaged manifest."""
    return DamagedSnapshot(
        f"{problem.message}; nothing was changed", _hint(store, slot, identifier, None, _Objects(store))
    )


def _hint(store: Store, slot: str, identifier: str, number: int | None, known: _Objects) -> str:
    other = _good_one(store, slot, identifier, number, known)
    if other is None:
        return (
            f"no other snapshot of {slot} is whole; what is good of this one:"
            f" wagit restore {slot} {identifier} --path FILE --to DIR"
        )
    found, header = other
    age = "" if number is None else " older" if header.number < number else " newer"
    hot = "" if header.tag == "clean" else ", but hot"
    return f"this{age} one is good{hot}: wagit restore {slot} {found}"


def _good_one(
    store: Store, slot: str, identifier: str, number: int | None, known: _Objects
) -> tuple[str, Header] | None:
    """The nearest snapshot of the slot that is whole, a clean one before a hot one."""
    others = [item for item in manifests.listing(store, slot).snapshots if item[0] != identifier]
    near = max((header.number for _, header in others), default=0) if number is None else number
    others.sort(key=lambda item: (item[1].tag != "clean", abs(item[1].number - near)))
    for found, header in others[:MOST_TRIED]:
        try:
            if not known.damaged(manifests.read(store, slot, found), first=True):
                return found, header
        except (DamagedSnapshot, NoSuchSnapshot, OSError):
            continue
    return None
