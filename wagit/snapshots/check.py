"""Read snapshots and say what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Collection

from wagit.core.store import Store
from wagit.integrity.findings import Read, no_read
from wagit.snapshots import manifest as manifests
from wagit.snapshots import objects
from wagit.snapshots.manifest import DamagedSnapshot, Entry, Manifest, NoSuchSnapshot
from wagit.snapshots.reading import run_in_threads


def problems(
    store: Store, manifest: Manifest, verified: set[str] | None = None, read: Read = no_read
) -> list[DamagedSnapshot]:
    """Read every object of a snapshot and return what is wrong, in order of path; empty when it is good.

    Digests in `verified` are not read again, and those that are good are added to it; `read` is told of the
    bytes that were. Raises OSError.
    """
    seen = set() if verified is None else verified
    found = []
    for entry in manifest.entries:
        if entry.kind != "file" or entry.digest in seen:
            continue
        try:
            verify_object(store, entry)
            seen.add(entry.digest)
        except DamagedSnapshot as problem:
            found.append(problem)
        read(entry.size)
    return found


def sound(store: Store, manifest: Manifest) -> list[Entry]:
    """Read every object of a snapshot; return its entries without the files whose objects are not good.

    Raises OSError.
    """
    bad: set[str] = set()

    def work(entry: Entry) -> None:
        if not objects.is_good(store, entry.digest, entry.size):
            bad.add(entry.path)

    files = [entry for entry in manifest.entries if entry.kind == "file"]
    run_in_threads(work, files, sum(entry.size for entry in files))
    return [entry for entry in manifest.entries if entry.path not in bad]


def missing(store: Store, manifest: Manifest) -> list[DamagedSnapshot]:
    """The same without reading contents: objects that are gone or have another size."""
    return [
        objects.missing(store, entry.digest, entry.path)
        for entry in manifest.entries
        if entry.kind == "file" and objects.size_of(store, entry.digest) != entry.size
    ]


def check_all(
    store: Store, slots: Collection[str] | None = None, read: Read = no_read
) -> dict[str, list[DamagedSnapshot]]:
    """Check every snapshot, of all slots or of these; return the problems by `<slot>/<id>`.

    Those without are left out. `read` is told of the bytes read. Raises OSError.
    """
    verified: set[str] = set()
    found: dict[str, list[DamagedSnapshot]] = {}
    for slot in slots_with_snapshots(store) if slots is None else slots:
        for identifier in sorted(manifests.ids(store, slot)):
            try:
                wrong = problems(store, manifests.read(store, slot, identifier), verified, read)
            except NoSuchSnapshot:
                continue  # pruned since it was listed
            except DamagedSnapshot as damaged:
                wrong = [damaged]
            if wrong and os.path.lexists(manifests.path_of(store, slot, identifier)):
                found[f"{slot}/{identifier}"] = wrong
    return found


def slots_with_snapshots(store: Store) -> list[str]:
    """Names of the slots that have a directory of snapshots, also of slots that are gone, in order."""
    try:
        names = os.listdir(os.path.dirname(store.snapshots("any")))
    except FileNotFoundError:
        return []
    return sorted(name for name in names if not name.startswith("."))


def verify_object(store: Store, entry: Entry) -> None:
    """Read an entry's object. Raises DamagedSnapshot when it is missing, unreadable or changed."""
    objects.verify(store, entry.digest, entry.path)
