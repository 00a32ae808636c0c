"""What a push has to send: which packs and older sessions stay, and which objects are packed (anew).

A pack of whose bytes less than half is still needed is packed anew, so that a long history does not grow
for ever; so are small ones once there are many, and all when the recipients changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wagit.core.store import Store
from wagit.snapshots import objects
from wagit.snapshots.manifest import Entry
from wagit.team.access import Access
from wagit.team.index import KEPT, Index, Place, Session
from wagit.team.pack import PACK, Packed, unpack
from wagit.team.remote import Blob
from wagit.team.settings import sealed_for

MANY = 24  # packs, from which on small ones are packed together


class Plan(NamedTuple):
    """`sessions` and `packs` stay; `lacking` are the objects to be packed, sizes by BLAKE3.

    `whole`: the remote has all packs, and for the recipients there are now. `away` has the places of lacking
    objects that this machine does not have, in packs of the remote. `lost` are numbers of older pushes whose
    data is nowhere.
    """

    sessions: tuple[Session, ...]
    packs: tuple[Blob, ...]
    places: Mapping[str, Place]
    lacking: Mapping[str, int]
    away: Mapping[str, tuple[Blob, int, int]]
    whole: bool
    lost: tuple[int, ...]

    def with_packs(self, new: Iterable[Packed]) -> tuple[tuple[Blob, ...], dict[str, Place]]:
        """All packs and places once the new packs are there, too."""
        packs, places = list(self.packs), dict(self.places)
        for one in new:
            places.update({digest: Place(len(packs), *where) for digest, where in one.objects.items()})
            packs.append(one.blob)
        return tuple(packs), places


def plan(
    access: Access, index: Index | None, there: set[str], entries: Iterable[Entry], *, anew: bool
) -> Plan:
    """Decide, from the index so far and the names of the blobs that are `there`. Raises OSError."""
    if index is None:
        return Plan((), (), {}, sizes(entries), {}, whole=True, lost=())
    stale = anew or is_stale(access, index)
    usable = {number for number, blob in enumerate(index.packs) if blob.name in there}
    older = index.sessions[: KEPT - 1]
    had = {digest for digest, place in index.objects.items() if place.pack in usable}
    sessions = tuple(one for one in older if _is_to_be_had(access.store, one, had))
    needed = sizes(entry for each in (entries, *(one.entries for one in sessions)) for entry in each)
    keep = [] if stale else _worth_keeping(access.store, index, usable, needed)
    places = _places_in(index, keep)
    lacking = {digest: size for digest, size in needed.items() if digest not in places}
    return Plan(
        sessions,
        tuple(index.packs[number] for number in keep),
        places,
        lacking,
        {
            digest: _where(index, digest)
            for digest, size in lacking.items()
            if not _is_here(access.store, digest, size)
        },
        whole=not stale and len(usable) == len(index.packs),
        lost=tuple(one.pushed.number for one in older if one not in sessions),
    )


def is_stale(access: Access, index: Index) -> bool:
    """Whether it is sealed for other recipients than there are now."""
    return index.sealed not in ("", sealed_for(access.team.recipients))


def source(access: Access, space: str, planned: Plan, directory: str) -> Store:
    """The store to pack from: the own one, or one in `directory` with what other machines have pushed.

    Raises BlobGone, BlobDamaged, CannotDecrypt, HostileSession, RemoteUnreachable, RemoteRefused, OSError.
    """
    if not planned.away:
        return access.store
    gathered = Store(os.path.join(directory, "gathered"))
    shutil.rmtree(gathered.root, ignore_errors=True)
    fetched = os.path.join(gathered.root, "fetched")
    os.makedirs(fetched, mode=0o700)
    packs: dict[Blob, dict[str, tuple[int, int]]] = {}
    for digest, (blob, offset, size) in planned.away.items():
        packs.setdefault(blob, {})[digest] = (offset, size)
    access.remote.get(space, packs, fetched, lambda _: None)
    for blob, wanted in packs.items():
        for digest, path in unpack(os.path.join(fetched, blob.name), wanted, access.keys, fetched):
            _move(path, objects.path_of(gathered, digest))
    for digest in planned.lacking.keys() - planned.away.keys():
        _link(objects.path_of(access.store, digest), objects.path_of(gathered, digest))
    return gathered


def sizes(entries: Iterable[Entry]) -> dict[str, int]:
    """The objects that entries name: their bytes by BLAKE3."""
    return {entry.digest: entry.size for entry in entries if entry.kind == "file"}


def _is_here(store: Store, digest: str, size: int) -> bool:
    return objects.size_of(store, digest) == size


def _is_to_be_had(store: Store, session: Session, had: set[str]) -> bool:
    return all(
        digest in had or _is_here(store, digest, size) for digest, size in sizes(session.entries).items()
    )


def _places_in(index: Index, keep: list[int]) -> dict[str, Place]:
    """The places in the packs that stay, by the numbers that these get."""
    renumbered = {old: new for new, old in enumerate(keep)}
    return {
        digest: place._replace(pack=renumbered[place.pack])
        for digest, place in index.objects.items()
        if place.pack in renumbered
    }


def _where(index: Index, digest: str) -> tuple[Blob, int, int]:
    place = index.objects[digest]
    return index.packs[place.pack], place.offset, place.size


def _worth_keeping(store: Store, index: Index, usable: set[int], needed: Mapping[str, int]) -> list[int]:
    """The packs that stay as they are, by their numbers."""
    all_of: dict[int, list[str]] = {}
    for digest, place in index.objects.items():
        all_of.setdefault(place.pack, []).append(digest)
    live = {number: [digest for digest in all_of.get(number, ()) if digest in needed] for number in usable}

    def weight(digests: Iterable[str]) -> int:
        return sum(index.objects[digest].size for digest in digests)

    def is_here(number: int) -> bool:
        return all(_is_here(store, digest, index.objects[digest].size) for digest in live[number])

    keep = [
        number
        for number in sorted(usable)
        if live[number] and (2 * weight(live[number]) >= weight(all_of[number]) or not is_here(number))
    ]
    if len(keep) <= MANY:
        return keep
    return [number for number in keep if weight(live[number]) >= PACK // 8 or not is_here(number)]


def _move(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    os.replace(source, target)


def _link(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        return  # packing says so
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
