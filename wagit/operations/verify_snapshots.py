"""Read every object of every snapshot, and tell what a damaged one can still give."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.operations.context import Context
from wagit.operations.snapshots import known_slots, slot_of
from wagit.operations.verify_look import Reader
from wagit.snapshots import check
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import DamagedSnapshot
from wagit.snapshots.reading import Progress, no_progress

CORRUPT = 12


class Spoiled(NamedTuple):
    """A damaged snapshot: of its `files` so many are `good`; `better` is the newest that is whole."""

    slot: str
    snapshot: str
    problems: tuple[str, ...]
    files: int
    good: int
    better: str | None


class SnapshotsVerified(NamedTuple):
    """How many snapshots of which slots were read, their bytes, and what is damaged."""

    slots: tuple[str, ...]
    snapshots: int
    read: int
    seconds: float
    damaged: tuple[Spoiled, ...]
    status: int


def verify_snapshots(
    context: Context, slot: str | None = None, progress: Progress = no_progress
) -> SnapshotsVerified:
    """Check the snapshots of all slots, or of one, also of one that is gone. Raises NoSuchSlot, OSError."""
    store = context.store
    slots = known_slots(store) if slot is None else [slot_of(context, slot)]
    reader = Reader(progress, _total(store, slots))
    found = check.check_all(store, slots, reader)
    count = sum(len(manifests.ids(store, one)) for one in slots)
    damaged = tuple(_spoiled(store, name, wrong, set(found)) for name, wrong in found.items())
    return SnapshotsVerified(
        tuple(slots), count, reader.read, round(reader.seconds, 3), damaged, CORRUPT if damaged else 0
    )


def _total(store: Store, slots: list[str]) -> int:
    """Bytes of all objects that are named."""
    sizes: dict[str, int] = {}
    for slot in slots:
        for identifier in manifests.ids(store, slot):
            with contextlib.suppress(WagitError, OSError):
                sizes |= manifests.sizes(store, slot, identifier)
    return sum(sizes.values())


def _spoiled(store: Store, name: str, wrong: list[DamagedSnapshot], damaged: set[str]) -> Spoiled:
    slot, _, identifier = name.rpartition("/")
    known = manifests.listing(store, slot).snapshots
    whole = [(one, header) for one, header in known if f"{slot}/{one}" not in damaged]
    whole.sort(key=lambda item: item[1].tag != "clean")  # stable: then the newest
    files = next((header.files for one, header in known if one == identifier), 0)
    return Spoiled(
        slot, identifier, tuple(problem.message for problem in wrong), files,
        max(0, files - len(wrong)), whole[0][0] if whole else None,
    )  # fmt: skip
