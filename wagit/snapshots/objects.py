"""Objects: whole files under their BLAKE3 name, written once, never changed.

An object comes into being in a private directory, is made durable there and then renamed into place, so
that whatever has an object's name is whole. `objects.lock` is held by who adds, for the moment of the
renames, and by who sweeps.
"""

from __future__ import annotations

import os

from wagit.core.copying import copy_contents, hash_of, open_file
from wagit.core.locks import HeldLock, acquire
from wagit.core.store import Store
from wagit.snapshots.manifest import DamagedSnapshot

PATIENCE = 60.0  # seconds to wait for others who add or sweep; neither takes long


def path_of(store: Store, digest: str) -> str:
    """Where the object of that digest lies, whether or not it is there."""
    return os.path.join(store.objects(), digest[:2], digest[2:])


def size_of(store: Store, digest: str) -> int | None:
    """An object's bytes, or None when it is not there."""
    try:
        return os.stat(path_of(store, digest)).st_size
    except FileNotFoundError:
        return None


def lock(store: Store) -> HeldLock:
    """Hold the objects while some are added or swept. Raises Locked after PATIENCE seconds."""
    return acquire(os.path.join(store.root, "objects.lock"), wait=PATIENCE)


def copy_in(source: int, target: str) -> str:
    """Copy an open file to the new file `target` and return the copy's digest. Raises OSError."""
    descriptor = open_file(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        copy_contents(source, descriptor)
        return hash_of(descriptor)
    finally:
        os.close(descriptor)


def copy_out(store: Store, digest: str, target: str, mode: int) -> None:
    """Copy an object to the new file `target`, and read it back. Raises DamagedSnapshot, OSError."""
    try:
        source = open_file(path_of(store, digest), os.O_RDONLY)
    except FileNotFoundError:
        raise missing(store, digest, target) from None
    try:
        descriptor = open_file(target, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            copy_contents(source, descriptor)
            found = hash_of(descriptor)
        finally:
            os.close(descriptor)
        os.chmod(target, mode)
    finally:
        os.close(source)
    if found != digest:
        raise damaged(store, digest, target)


def missing(store: Store, digest: str, file: str) -> DamagedSnapshot:
    """Word the error for an object that is gone."""
    return DamagedSnapshot(
        f"the object {path_of(store, digest)} of the file {os.path.basename(file)} is missing",
        "use another snapshot: wagit snapshots ls",
    )


def damaged(store: Store, digest: str, file: str) -> DamagedSnapshot:
    """Word the error for an object that is not what was written."""
    return DamagedSnapshot(
        f"the object {path_of(store, digest)} of the file {os.path.basename(file)} is damaged",
        "use another snapshot: wagit snapshots ls",
    )
