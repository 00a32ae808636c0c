"""Objects: whole files under their BLAKE3 name, written once, never changed.

An object comes into being in a private directory, is made durable there and then renamed into place, so
that whatever has an object's name is whole. `objects.lock` is held by who adds, for the moment of the
renames, and by who sweeps.
"""

from __future__ import annotations

import os
import stat

from wagit.core.atomic import FULL, named
from wagit.core.copying import copy_and_hash, hash_of
from wagit.core.locks import HeldLock, acquire
from wagit.core.opening import open_new, open_to_read
from wagit.core.store import Store
from wagit.snapshots.manifest import DamagedSnapshot

PATIENCE = 60.0  # seconds to wait for others who add or sweep; neither takes long


def path_of(store: Store, digest: str) -> str:
    """Where the object of that digest lies, whether or not it is there."""
    return os.path.join(store.objects(), digest[:2], digest[2:])


def size_of(store: Store, digest: str) -> int | None:
    """An object's bytes, or None when it is not there or no file. Raises OSError."""
    try:
        status = os.lstat(path_of(store, digest))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def lock(store: Store) -> HeldLock:
    """Hold the objects while some are added or swept. Raises Locked after PATIENCE seconds."""
    return acquire(os.path.join(store.root, "objects.lock"), wait=PATIENCE)


def is_good(store: Store, digest: str, size: int) -> bool:
    """Whether an object is there, has that size in bytes and the contents of its name; it is read."""
    if size_of(store, digest) != size:
        return False
    try:
        verify(store, digest, digest)
    except DamagedSnapshot:
        return False
    return True


def verify(store: Store, digest: str, file: str) -> None:
    """Read the object of `file`. Raises DamagedSnapshot when it is missing, unreadable or not that."""
    descriptor = _open(store, digest, file)
    try:
        found = hash_of(descriptor)
    except OSError as error:
        raise unreadable(store, digest, file, error) from error
    finally:
        os.close(descriptor)
    if found != digest:
        raise damaged(store, digest, file)


def content(store: Store, digest: str, file: str) -> bytes:
    """The bytes of the object of a small `file`. Raises DamagedSnapshot as `verify`, OSError."""
    verify(store, digest, file)
    with open(_open(store, digest, file), "rb") as opened:
        return opened.read()


def copy_in(source: int, target: str) -> tuple[str, int]:
    """Copy an open file to the new file `target`; return the copy's digest and size. Raises OSError."""
    descriptor = open_new(target, 0o400)
    try:
        with named(target, FULL):
            return copy_and_hash(source, descriptor), os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def copy_out(store: Store, digest: str, target: str, mode: int) -> None:
    """Copy an object to the new file `target`, and read it back. Raises DamagedSnapshot, OSError."""
    source = _open(store, digest, target)
    try:
        descriptor = open_new(target)
        try:
            with named(path_of(store, digest)), named(target, FULL):
                found = copy_and_hash(source, descriptor)
        finally:
            os.close(descriptor)
        os.chmod(target, mode)
    finally:
        os.close(source)
    if found != digest:
        raise damaged(store, digest, target)


def _open(store: Store, digest: str, file: str) -> int:
    """Open an object to read. Raises DamagedSnapshot when it is missing or cannot be read."""
    try:
        if size_of(store, digest) is None:
            raise missing(store, digest, file)
        return open_to_read(path_of(store, digest))
    except OSError as error:
        raise unreadable(store, digest, file, error) from error


def unreadable(store: Store, digest: str, file: str, error: OSError) -> DamagedSnapshot:
    """Word the error for an object that the system does not let us read."""
    return DamagedSnapshot(
        f"the object {path_of(store, digest)} of the file {os.path.basename(file)} cannot be read: "
        f"{error.strerror}",
        "use another snapshot: wagit snapshots ls",
    )


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
