"""A slot's seal, `slots/<slot>/seal.json`: all its data was read and found whole, and was like this then.

While size, times and inode of every file are still the same, nothing needs to be read again. The seal is
bound to the data directory by its inode: data that took its place by a swap is not sealed. It may be
missing or torn at any time; then everything is read.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.copying import TICK_NS
from wagit.core.opening import regular
from wagit.core.store import Store
from wagit.snapshots.scan import CannotSnapshot, scan
from wagit.snapshots.selection import Selection

State = tuple[int, int, int, int]  # as in manifest.Entry.state


class Seal(NamedTuple):
    """`checked` is when every byte was read, in seconds since the epoch; `inode` the data directory's.

    `states` are the essential files' by path. `snapshot` is the id of one with the same contents, None when
    there is none: its digests tell later what may not have changed.
    """

    checked: float
    inode: int
    snapshot: str | None
    states: dict[str, State]


def path_of(store: Store, slot: str) -> str:
    """Where the seal lies."""
    return os.path.join(store.slot(slot), "seal.json")


def states(data: str, selection: Selection) -> dict[str, State] | None:
    """The states of all files of a session now; None when it cannot be listed.

    A file that changed within the clock's last tick is never equal to itself later: its inode is 0.
    """
    try:
        return {entry.path: entry.state for entry in scan(data, selection) if entry.kind != "directory"}
    except (OSError, CannotSnapshot):
        return None


def settle() -> None:
    """Let the clock's tick pass in which files were written, so that their states can be sealed."""
    time.sleep(TICK_NS / 1e9)


def write(store: Store, slot: str, seal: Seal) -> None:
    """Replace the seal atomically. Raises OSError."""
    atomic_write(path_of(store, slot), json.dumps(seal._asdict()).encode() + b"\n")


def read(store: Store, slot: str) -> Seal | None:
    """Read the seal; None when there is none, or it is damaged."""
    try:
        with open(path_of(store, slot), "rb", opener=regular) as file:
            seal = Seal(**json.loads(file.read()))
        return seal._replace(states={path: (s, m, c, i) for path, (s, m, c, i) in seal.states.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def lift(store: Store, slot: str) -> None:
    """Take the seal away: the data is about to be replaced. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_of(store, slot))


def is_of(seal: Seal, data: str) -> bool:
    """Whether the seal is of this directory, and not of one that was swapped away."""
    try:
        return os.stat(data).st_ino == seal.inode
    except OSError:
        return False
