"""A slot's seal, `slots/<slot>/seal.json`: all its data was read and found whole, and was like this then.

While size, times and inode of every file are still the same, nothing needs to be read again. The seal is
bound to the data directory by its inode: data that took its place by a swap is not sealed. It is bound to
this start of the machine, too: what was read from memory may never have reached the disk. It may be missing
or torn at any time; then everything is read.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from typing import Any, NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.copying import TICK_NS
from wagit.core.opening import regular
from wagit.core.store import Store
from wagit.integrity.findings import Finding
from wagit.snapshots.scan import CannotSnapshot, scan
from wagit.snapshots.selection import Selection

State = tuple[int, int, int, int]  # as in manifest.Entry.state

CHECKS = 1  # to be raised when the checks find more than before: what an older wagit sealed is read again
_BOOT = "/proc/sys/kernel/random/boot_id"  # random(4)


class Seal(NamedTuple):
    """`checked` is when every byte was read, in seconds since the epoch; `inode` the data directory's.

    `states` are the essential files' by path. `snapshot` is the id of one with the same contents, None when
    there is none: its digests tell later what may not have changed. `warnings` are those that the check had
    for these files. `current` is false for a seal of before the machine was started, by fewer checks, or of
    files that were found broken since: then it tells of the snapshot alone.
    """

    checked: float
    inode: int
    snapshot: str | None
    states: dict[str, State]
    warnings: tuple[Finding, ...] = ()
    current: bool = True


def path_of(store: Store, slot: str) -> str:
    """Where the seal lies."""
    return os.path.join(store.slot(slot), "seal.json")


def states(data: str, selection: Selection) -> dict[str, State] | None:
    """The states of all files of a session now; None when they cannot tell that nothing changed.

    That is so where it cannot be listed, or has a link: what is behind one changes unseen. A file that
    changed within the clock's last tick has the inode 0: it is never equal to itself later.
    """
    try:
        entries = scan(data, selection)
    except (OSError, CannotSnapshot):
        return None
    if any(entry.kind == "link" for entry in entries):
        return None
    return {entry.path: entry.state for entry in entries if entry.kind == "file"}


def is_settled(found: dict[str, State]) -> bool:
    """Whether any later change of these files will show in their states."""
    return all(inode for _, _, _, inode in found.values())


def are_same(one: dict[str, State] | None, other: dict[str, State] | None) -> bool:
    """Whether nothing changed between two looks, as far as that shows."""

    def told(found: dict[str, State] | None) -> dict[str, tuple[int, int, int]]:
        return {path: state[:3] for path, state in (found or {}).items()}

    return told(one) == told(other)


def settle(found: dict[str, State] | None = None) -> None:
    """Let the clock's tick pass in which files were written, so that their states can be sealed.

    `found` tells what is left of it; else all of it is waited for.
    """
    newest = (
        max((max(state[1], state[2]) for state in found.values()), default=0) if found else time.time_ns()
    )
    left = newest + TICK_NS - time.time_ns()
    time.sleep(min(max(0, left), TICK_NS) / 1e9)


def write(store: Store, slot: str, seal: Seal) -> None:
    """Replace the seal atomically. Raises OSError."""
    known = seal._asdict() | {"boot": _boot() if seal.current else None, "checks": CHECKS}
    del known["current"]
    atomic_write(path_of(store, slot), json.dumps(known).encode() + b"\n")


def affix(store: Store, slot: str, seal: Seal, selection: Selection) -> None:
    """Write the seal of data that was found whole, bound to the directory that is there now.

    Of its `warnings` those about other files than the selection's are left out. What keeps it from being
    written, such as a full disk, only costs the fast path.
    """
    told = tuple(one for one in seal.warnings if selection.wants(one.file))
    with contextlib.suppress(OSError):
        write(store, slot, seal._replace(inode=os.stat(store.data(slot)).st_ino, warnings=told))


def read(store: Store, slot: str) -> Seal | None:
    """Read the seal; None when there is none, or it is damaged."""
    try:
        with open(path_of(store, slot), "rb", opener=regular) as file:
            return _seal(json.loads(file.read()))
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def _seal(known: dict[str, Any]) -> Seal:
    if not math.isfinite(known["checked"]) or not isinstance(known["snapshot"], str | None):
        raise ValueError(known)
    return Seal(
        float(known["checked"]),
        int(known["inode"]),
        known["snapshot"],
        {path: (size, mtime, ctime, inode) for path, (size, mtime, ctime, inode) in known["states"].items()},
        tuple(Finding(*one) for one in known["warnings"]),
        current=known["checks"] == CHECKS and known["boot"] == _boot(),
    )


def lift(store: Store, slot: str) -> None:
    """Take the seal away: the data is about to be replaced. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_of(store, slot))


def of_data(store: Store, slot: str) -> Seal | None:
    """The seal of the data directory that is there now; None where it is of one that was swapped away."""
    seal = read(store, slot)
    try:
        return seal if seal is not None and os.stat(store.data(slot)).st_ino == seal.inode else None
    except OSError:
        return None


def _boot() -> str:
    """What tells this start of the machine from others; empty where the system does not say."""
    try:
        with open(_BOOT, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
