"""Make a snapshot: read the data, make new objects durable, put them in place, write the manifest.

What a crash leaves: before the renames a directory in `tmp/`, swept later; before the manifest objects
that nothing names, collected later. A manifest never names an object that is not whole and durable.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from typing import NamedTuple

from wagit.core.atomic import fsync_directory, make_directory
from wagit.core.copying import sync_file, sync_file_system
from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.snapshots import aside, objects
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import DamagedSnapshot, Entry, Header, Listing, Manifest, NoSuchSnapshot
from wagit.snapshots.reading import Reading
from wagit.snapshots.staging import Staging

FEW = 8  # files or directories that are cheaper to sync one by one than with the whole file system


class Collected(WagitError):
    """An object that was there when the data was read has been collected since; reading again mends it."""

    code = "collected"


class Newest(NamedTuple):
    """A slot's newest readable snapshot, the ids that were there then, and the number that comes next."""

    manifest: Manifest | None
    ids: frozenset[str]
    number: int


def newest(store: Store, slot: str) -> Newest:
    """Find the newest snapshot whose manifest is whole."""
    ids = _ids(store, slot)
    known = manifests.listing(store, slot)
    number = _next_number(known, manifests.listing(store, aside.place(slot)))
    for identifier, _ in known.snapshots:
        with contextlib.suppress(DamagedSnapshot, NoSuchSnapshot):
            return Newest(manifests.read(store, slot, identifier), ids, number)
    return Newest(None, ids, number)


def _ids(store: Store, slot: str) -> frozenset[str]:
    """The ids of a slot's snapshots, also of those that were pruned and may come back."""
    return frozenset(manifests.ids(store, slot) + manifests.ids(store, aside.place(slot)))


def _next_number(*known: Listing) -> int:
    """A number greater than any: each damaged manifest may have had one of its own, unknown now."""
    greatest = max((header.number for one in known for _, header in one.snapshots), default=0)
    return greatest + sum(len(one.damaged) for one in known) + 1


def is_same(one: Iterable[Entry], other: Iterable[Entry]) -> bool:
    """Whether two snapshots restore to the same: paths, kinds, modes, contents."""

    def told(entries: Iterable[Entry]) -> list[tuple[str, str, int, str]]:
        return [(entry.path, entry.kind, entry.mode, entry.digest) for entry in entries]

    return told(one) == told(other)


def is_kept(store: Store, manifest: Manifest) -> bool:
    """Whether a snapshot is still there, and then durable whoever wrote it. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        fsync_directory(store.snapshots(manifest.header.slot))
    return os.path.exists(manifests.path_of(store, manifest.header.slot, manifest.id))


def commit(store: Store, header: Header, reading: Reading, last: Newest, staging: Staging) -> Manifest:
    """Put the objects that were read in place and write the manifest; all of it is durable then.

    The header's number is set here. Raises Collected, Locked, OSError.
    """
    _make_durable(list(reading.fresh.values()))
    with objects.lock(store):
        make_directory(store.objects())
        _place(store, reading, _named(last.manifest))
        if _ids(store, header.slot) != last.ids:  # others came or went
            last = newest(store, header.slot)
        header = header._replace(number=last.number)
        return manifests.write(store, header, reading.entries, staging.new_name())


def _named(manifest: Manifest | None) -> frozenset[str]:
    """Digests of objects that are durable since a manifest names them."""
    return frozenset(entry.digest for entry in manifest.entries) if manifest else frozenset()


def _make_durable(paths: list[str]) -> None:
    """A file must be whole on disk before it gets an object's name."""
    if len(paths) > FEW:
        sync_file_system(os.path.dirname(paths[0]))
        return
    for path in paths:
        sync_file(path)


def _place(store: Store, reading: Reading, durable: frozenset[str]) -> None:
    """Give new files their objects' names, and see to it that all others are there, for good.

    One that is not known as `durable` may be there since a moment, from a process that was killed then.
    """
    changed: set[str] = set()
    for entry in reading.entries:
        if entry.kind != "file":
            continue
        path = objects.path_of(store, entry.digest)
        fresh = reading.fresh.pop(entry.digest, None)
        if fresh is not None:
            _put(fresh, path)
        elif objects.size_of(store, entry.digest) != entry.size:
            raise Collected(f"the object {path} has been collected meanwhile", "try again")
        if fresh is not None or entry.digest not in durable:
            changed |= {os.path.dirname(path), store.objects()}
    if len(changed) > FEW:
        sync_file_system(store.root)
        return
    for directory in changed:
        fsync_directory(directory)


def _put(fresh: str, path: str) -> None:
    """Rename a new file to its object's name."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    try:
        os.replace(fresh, path)  # over an object of that name, which is the same or was damaged
    except IsADirectoryError:
        os.rename(path, f"{path}.no-object-{os.urandom(4).hex()}")
        os.replace(fresh, path)
