"""What push and pull share: telling how far they are, and reading an index."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from wagit.snapshots.reading import Progress, no_progress
from wagit.team import index_file
from wagit.team.access import Access
from wagit.team.index import Index
from wagit.team.remote import Blob, BlobDamaged, Moved

Bars = Callable[[str], AbstractContextManager[Progress]]
"""Shows how far something is that may take long; the text says what."""


def no_bars(_: str) -> AbstractContextManager[Progress]:
    """Show nothing."""
    return nullcontext(no_progress)


def counting(progress: Progress, total: int) -> Moved:
    """Add up bytes as they go, from any thread, for a progress that wants to know how many there were."""
    done, guard = 0, threading.Lock()

    def moved(count: int) -> None:
        nonlocal done
        with guard:
            done += count
            progress(min(done, total), total)

    progress(0, total)
    return moved


def read_index(access: Access, slot: str, blob: Blob, directory: str) -> Index:
    """Fetch an index, unless it lies there, and read it. Raises as `Remote.get` and `index_file.read`."""
    path = os.path.join(directory, blob.name)
    if os.path.exists(path):
        try:
            return index_file.read(path, access.team, access.keys, slot)
        except BlobDamaged:  # here, not there
            os.unlink(path)
    access.remote.get(access.team.space(slot), [blob], directory, lambda _: None)
    return index_file.read(path, access.team, access.keys, slot)


def remove(path: str) -> None:
    """Remove a file, or a directory and all in it."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)
