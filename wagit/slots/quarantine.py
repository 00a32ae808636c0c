"""What was set aside: `quarantine/<slot>/<time>`, whole and as it was. Nothing here is deleted by wagit.

A crash amid a swap leaves it there under a name beside the one that was logged; a directory is known by its
inode, which no rename changes.
"""

from __future__ import annotations

import os

from wagit.core.atomic import make_directory, rename_durably
from wagit.core.clock import rfc3339
from wagit.core.store import Store
from wagit.slots.swap import swap


def free_place(store: Store, slot: str, now: float) -> str:
    """A path in quarantine that nothing has yet, named by the time. Raises OSError."""
    directory = store.quarantine(slot)
    make_directory(directory)
    stamp = rfc3339(now).replace(":", "").replace(".", "")
    free = os.path.join(directory, stamp)
    while os.path.lexists(free):
        free = os.path.join(directory, f"{stamp}-{os.urandom(2).hex()}")
    return free


def swap_aside(store: Store, slot: str, prepared: str, place: str) -> None:
    """Exchange a slot's data with `prepared`, and leave the old data at `place`, a free one. Raises OSError.

    What was there is in quarantine from the moment in which the new is in its place. The slot must be held.
    """
    waiting = f"{place}.swap"
    rename_durably(prepared, waiting)
    swap(store, slot, waiting)
    rename_durably(waiting, place)


def find(store: Store, slot: str, inode: int) -> str | None:
    """Where the directory of this inode lies that was set aside for a slot."""
    try:
        names = sorted(os.listdir(store.quarantine(slot)))
    except OSError:
        return None
    for name in names:
        path = os.path.join(store.quarantine(slot), name)
        if inode_of(path) == inode:
            return path
    return None


def inode_of(path: str) -> int | None:
    """What a directory is known by; None where there is none."""
    try:
        return os.lstat(path).st_ino
    except OSError:
        return None
