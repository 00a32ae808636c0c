"""What differs between two snapshots, or between one and the data. Pure: from entries to changes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal, NamedTuple

from wagit.snapshots.manifest import Entry, Kind


class Change(NamedTuple):
    """One path that differs; `before` and `after` in bytes, None where it is not there."""

    path: str
    change: Literal["added", "removed", "changed"]
    kind: Kind
    before: int | None
    after: int | None


class Sums(NamedTuple):
    """How many paths differ, and their bytes on either side."""

    added: int
    added_bytes: int
    removed: int
    removed_bytes: int
    changed: int
    changed_before: int
    changed_after: int


def compare(before: Iterable[Entry], after: Iterable[Entry]) -> list[Change]:
    """Return what restoring `after` instead of `before` would change, in order of path.

    Contents, kinds, modes and targets of links count, times do not. A directory that came or went with
    what is in it is not named.
    """
    old, new = ({entry.path: entry for entry in entries} for entries in (before, after))
    filled = {os.path.dirname(path) for path in (*old, *new)}
    changes = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        either = now or was
        if either is None or (was is not None and now is not None and _same(was, now)):
            continue
        if (was is None or now is None) and either.kind == "directory" and path in filled:
            continue
        how: Literal["added", "removed", "changed"] = (
            "added" if was is None else "removed" if now is None else "changed"
        )
        changes.append(Change(path, how, either.kind, was and was.size, now and now.size))
    return changes


def sums(changes: Iterable[Change]) -> Sums:
    """Add changes up."""
    added, removed, changed = (
        [change for change in changes if change.change == how] for how in ("added", "removed", "changed")
    )
    return Sums(
        len(added), sum(change.after or 0 for change in added),
        len(removed), sum(change.before or 0 for change in removed),
        len(changed), sum(change.before or 0 for change in changed),
        sum(change.after or 0 for change in changed),
    )  # fmt: skip


def _same(one: Entry, other: Entry) -> bool:
    return (one.kind, one.mode, one.digest) == (other.kind, other.mode, other.digest)
