"""Compare two snapshots of a slot, or one with the slot's data as it is now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from wagit.drivers import registry
from wagit.operations.context import Context
from wagit.operations.snapshot import selection_of
from wagit.snapshots import manifest as manifests
from wagit.snapshots.create import newest
from wagit.snapshots.diff import Change, Sums, compare, sums
from wagit.snapshots.live import entries_now
from wagit.snapshots.manifest import Entry, Manifest
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.resolve import find


class Differences(NamedTuple):
    """What differs; `after` is null where it is the slot's data as it is now."""

    slot: str
    before: str
    after: str | None
    changes: tuple[Change, ...]
    sums: Sums


def diff(context: Context, slot: str, texts: Sequence[str], progress: Progress = no_progress) -> Differences:
    """Compare a snapshot with another, by default with the data as it is now.

    Of a slot that is gone the newest snapshot stands for its data. Raises NoSuchSnapshot,
    AmbiguousSnapshot, DamagedSnapshot, Changing, CannotSnapshot, OSError.
    """
    found = [_read(context, slot, text) for text in texts]
    if len(found) == 1 and not os.path.isdir(context.store.data(slot)):
        found.append(_read(context, slot, "latest"))
    before = found[0]
    after = found[1].entries if len(found) > 1 else _now(context, slot, before, progress)
    changes = compare(before.entries, after)
    return Differences(
        slot, before.id, found[1].id if len(found) > 1 else None, tuple(changes), sums(changes)
    )


def _read(context: Context, slot: str, text: str) -> Manifest:
    return manifests.read(context.store, slot, find(context.store, slot, text, context.clock.now()))


def _now(context: Context, slot: str, against: Manifest, progress: Progress) -> Sequence[Entry]:
    last = newest(context.store, slot).manifest
    selection = selection_of(registry.get(against.header.driver), full=against.header.full)
    data = context.store.data(slot)
    return entries_now(data, selection, against.entries, last.entries if last else (), progress)
