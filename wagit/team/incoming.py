"""Blobs on their way in: a file of that name appears whole and right, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence

from wagit.core.atomic import FULL, named, temporary_beside
from wagit.core.opening import open_new
from wagit.team.remote import Blob, BlobDamaged, BlobGone, Moved

SHOWN = 5  # names of blobs in one error


def lies(directory: str, blob: Blob) -> bool:
    """Whether it was fetched before."""
    return os.path.lexists(os.path.join(directory, blob.name))


def receive(blob: Blob, chunks: Iterable[bytes | memoryview], directory: str, moved: Moved) -> bool:
    """Write a blob to `<directory>/<name>`; False, and nothing there, when these bytes are not it.

    Reads at most one chunk beyond `size`, and writes none. A crash leaves at worst a `.tmp-…` file.
    Raises OSError, and what reading a chunk does.
    """
    path = os.path.join(directory, blob.name)
    temporary = temporary_beside(path)
    try:
        with named(temporary, FULL), open(open_new(temporary), "wb") as file:
            right = _copied(blob, chunks, file.write, moved)
            file.flush()
            os.fsync(file.fileno())
        if right:
            os.replace(temporary, path)
        return right
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def complain(where: str, gone: Sequence[Blob], damaged: Sequence[Blob]) -> None:
    """Raise BlobDamaged or BlobGone with the names, when there are any."""
    if damaged:
        raise BlobDamaged(
            f"{where}: what lies there is not what was pushed: {_names(damaged)}",
            "nothing of it was used; whoever has the session can push again",
        )
    if gone:
        raise BlobGone(
            f"{where}: a pushed session's data is gone: {_names(gone)}",
            "whoever has the session can push again",
        )


def _copied(
    blob: Blob,
    chunks: Iterable[bytes | memoryview],
    write: Callable[[bytes | memoryview], object],
    moved: Moved,
) -> bool:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > blob.size:
            return False
        digest.update(chunk)
        write(chunk)
        moved(len(chunk))
    return size == blob.size and digest.hexdigest() == blob.name


def _names(blobs: Sequence[Blob]) -> str:
    more = f" and {len(blobs) - SHOWN} more" if len(blobs) > SHOWN else ""
    return ", ".join(sorted(blob.name for blob in blobs)[:SHOWN]) + more
