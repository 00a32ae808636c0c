"""What push and pull share: where files lie meanwhile, telling how far they are, and reading an index."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext

from wagit.core.atomic import make_directory
from wagit.core.locks import HeldLock, acquire
from wagit.snapshots.reading import Progress, no_progress
from wagit.team import index_file
from wagit.team.access import Access, directory
from wagit.team.index import Index
from wagit.team.remote import Blob, BlobDamaged, Moved

Bars = Callable[[str], AbstractContextManager[Progress]]
"""Shows how far something is that may take long; the text says what."""


def no_bars(_: str) -> AbstractContextManager[Progress]:
    """Show nothing."""
    return nullcontext(no_progress)


def counting(progress: Progress, total: int) -> Moved:
    """Add up bytes as they go, for a progress that wants to know how many there were."""
    done = 0

    def moved(count: int) -> None:
        nonlocal done
        done += count
        progress(min(done, total), total)

    progress(0, total)
    return moved


def outbox(access: Access, slot: str) -> str:
    """Where a push's files lie until they are current."""
    return os.path.join(directory(access.store), "outbox", slot)


def inbox(access: Access, slot: str) -> str:
    """Where a pull's files lie until all of them are here."""
    return os.path.join(directory(access.store), "inbox", slot)


def locked(box: str) -> HeldLock:
    """One push, or one pull, of a slot at a time. Raises Locked, OSError."""
    make_directory(box)
    return acquire(f"{box}.lock")


def clear(box: str, but: Collection[str] = ()) -> None:
    """Empty it, `but` for these names. Raises OSError."""
    for name in os.listdir(box):
        if name not in but:
            _remove(os.path.join(box, name))


def read_index(access: Access, slot: str, blob: Blob, box: str) -> Index:
    """Fetch an index, unless it lies there, and read it. Raises as `Remote.get` and `index_file.read`."""
    path = os.path.join(box, blob.name)
    if os.path.exists(path):
        try:
            return index_file.read(path, access.team, access.keys, slot)
        except BlobDamaged:  # here, not there
            os.unlink(path)
    access.remote.get(access.team.space(slot), [blob], box, lambda _: None)
    return index_file.read(path, access.team, access.keys, slot)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)
