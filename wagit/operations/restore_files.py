"""Write what a restore puts into a directory: a snapshot's files, and those of the data that stay."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable

from wagit.core.copying import copy_contents
from wagit.core.opening import open_new, open_to_read
from wagit.core.store import Store
from wagit.operations.restore_damage import explained
from wagit.snapshots.manifest import DamagedSnapshot, Entry, Manifest
from wagit.snapshots.reading import Progress
from wagit.snapshots.restore import write_out
from wagit.snapshots.selection import Selection


def write(store: Store, wanted: Manifest, entries: Iterable[Entry], target: str, progress: Progress) -> None:
    """Write entries of a snapshot below `target`, durably and checked.

    Raises SnapshotGone, DamagedSnapshot, which names the file and a snapshot that is good, and OSError.
    """
    try:
        write_out(store, entries, target, progress)
    except DamagedSnapshot as problem:
        raise explained(store, wanted, problem) from problem


def carry_over(data: str, target: str, replaced: Selection, incoming: Iterable[str]) -> None:
    """Copy `data` to the existing directory `target`, but for what `replaced` matches.

    Left out, too, are sockets and pipes, and what stands where a directory of `incoming`, the paths that
    are written next, has to be. Not durable yet. A `data` that is not there counts as empty. Raises OSError.
    """
    needed = {parent for path in incoming for parent in _parents(path)}

    def left_out(directory: str, names: list[str]) -> list[str]:
        below = os.path.relpath(directory, data)
        return [name for name in names if _goes(data, os.path.normpath(os.path.join(below, name)))]

    def _goes(root: str, path: str) -> bool:
        mode = os.lstat(os.path.join(root, path)).st_mode
        special = not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
        return special or replaced.wants(path) or (path in needed and not stat.S_ISDIR(mode))

    if os.path.isdir(data):
        shutil.copytree(data, target, symlinks=True, ignore=left_out, copy_function=_copy, dirs_exist_ok=True)


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _copy(source: str, target: str) -> str:
    """Copy one file with its holes, mode and times."""
    reading = open_to_read(source)
    try:
        writing = open_new(target)
        try:
            copy_contents(reading, writing)
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    shutil.copystat(source, target)
    return target
