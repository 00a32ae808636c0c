"""Make a snapshot: read the data, make new objects durable, put them in place, write the manifest.

What a crash leaves: before the renames a directory in `tmp/`, swept later; before the manifest objects
that nothing names, collected later. A manifest never names an object that is not whole and durable.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from typing import NamedTuple

from wagit.core.atomic import fsync_directory
from wagit.core.copying import sync_file, sync_file_system
from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.snapshots import manifest as manifests
from wagit.snapshots import objects
from wagit.snapshots.manifest import DamagedSnapshot, Entry, Header, Manifest, NoSuchSnapshot
from wagit.snapshots.reading import Reading

FEW = 8  # files or directories that are cheaper to sync one by one than with the whole file system


class Collected(WagitError):
    """An object that was there when the data was read has been collected since; reading again mends it."""

    code = "collected"


class Newest(NamedTuple):
    """A slot's newest readable snapshot, and the ids that were there when it was found."""

    manifest: Manifest | None
    ids: frozenset[str]


def newest(store: Store, slot: str) -> Newest:
    """Find the newest snapshot whose manifest is whole."""
    ids = frozenset(manifests.ids(store, slot))
    for identifier, _ in manifests.listing(store, slot).snapshots:
        with contextlib.suppress(DamagedSnapshot, NoSuchSnapshot):
            return Newest(manifests.read(store, slot, identifier), ids)
    return Newest(None, ids)


def is_same(one: Iterable[Entry], other: Iterable[Entry]) -> bool:
    """Whether two snapshots restore to the same: paths, kinds, modes, contents."""

    def told(entries: Iterable[Entry]) -> list[tuple[str, str, int, str]]:
        return [(entry.path, entry.kind, entry.mode, entry.digest) for entry in entries]

    return told(one) == told(other)


def commit(store: Store, header: Header, reading: Reading, last: Newest) -> Manifest:
    """Put the objects that were read in place and write the manifest; all of it is durable then.

    The header's number is set here. Raises Collected, Locked, OSError.
    """
    _make_durable(list(reading.fresh.values()))
    with objects.lock(store):
        _place(store, reading)
        return manifests.write(
            store, header._replace(number=_next_number(store, header, last)), reading.entries
        )


def _make_durable(paths: list[str]) -> None:
    """A file must be whole on disk before it gets an object's name."""
    if len(paths) > FEW:
        sync_file_system(os.path.dirname(paths[0]))
        return
    for path in paths:
        sync_file(path)


def _place(store: Store, reading: Reading) -> None:
    """Give new files their objects' names, and see to it that all others are there."""
    changed: set[str] = set()
    for entry in reading.entries:
        if entry.kind != "file":
            continue
        path = objects.path_of(store, entry.digest)
        fresh = reading.fresh.pop(entry.digest, None)
        if fresh is not None:
            changed |= _put(fresh, path)
        elif objects.size_of(store, entry.digest) != entry.size:
            raise Collected(f"the object {path} has been collected meanwhile", "try again")
    if len(changed) > FEW:
        sync_file_system(store.root)
        return
    for directory in changed:
        fsync_directory(directory)


def _put(fresh: str, path: str) -> set[str]:
    """Rename a new file to its object's name; return the directories that changed."""
    directory = os.path.dirname(path)
    changed = {directory}
    if not os.path.isdir(directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        changed |= {os.path.dirname(directory), os.path.dirname(os.path.dirname(directory))}
    os.replace(fresh, path)  # over an object of that name, which is the same or was damaged
    return changed


def _next_number(store: Store, header: Header, last: Newest) -> int:
    if frozenset(manifests.ids(store, header.slot)) == last.ids:
        return last.manifest.header.number + 1 if last.manifest else len(last.ids) + 1
    numbers = [known.number for _, known in manifests.listing(store, header.slot).snapshots]
    return max(numbers, default=len(last.ids)) + 1
