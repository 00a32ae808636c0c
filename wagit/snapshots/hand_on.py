"""Write a snapshot once more, as the newest of a slot: what it is made of is shared."""

from __future__ import annotations

from wagit.core.store import Store
from wagit.snapshots import create, objects
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import Manifest
from wagit.snapshots.staging import Staging


def hand_on(store: Store, known: Manifest, slot: str) -> Manifest:
    """Give `slot` the snapshot `known` of another slot; both stay, each may be pruned alone.

    The other one must still be there, so that its objects are. A slot whose newest is the same already
    keeps that one. Raises NoSuchSnapshot, DamagedSnapshot, Locked, OSError.
    """
    with Staging(store) as staging, objects.lock(store):
        manifests.read_header(store, known.header.slot, known.id)
        last = create.newest(store, slot)
        header = known.header._replace(slot=slot, number=last.number)
        if last.manifest is not None and _is_again(last.manifest, known):
            return last.manifest
        return manifests.write(store, header, known.entries, staging.new_name())


def _is_again(last: Manifest, known: Manifest) -> bool:
    """Whether a killed process has handed it on already."""
    same = known.header._replace(slot=last.header.slot, number=last.header.number)
    return last.header == same and last.entries == known.entries
