"""Write a snapshot's files out again, every byte checked against its digest."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable

from wagit.core.copying import sync_file_system
from wagit.core.store import Store
from wagit.snapshots import objects
from wagit.snapshots.manifest import Entry
from wagit.snapshots.reading import Progress, no_progress, run_in_threads


def write_out(store: Store, entries: Iterable[Entry], target: str, progress: Progress = no_progress) -> None:
    """Write entries below the existing directory `target`, durably, with modes and times.

    What they name must not be there yet. Each file is read back and compared with its digest.
    Raises DamagedSnapshot, FileExistsError and other OSError; what was written by then stays.
    """
    entries = list(entries)
    _make_directories(entries, target)
    files = [entry for entry in entries if entry.kind == "file"]
    files.sort(key=lambda entry: entry.size, reverse=True)
    total = sum(entry.size for entry in files)
    done = 0
    lock = threading.Lock()

    def work(entry: Entry) -> None:
        nonlocal done
        path = os.path.join(target, entry.path)
        objects.copy_out(store, entry.digest, path, entry.mode)
        os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
        with lock:
            done += entry.size
            progress(done, total)

    progress(0, total)
    run_in_threads(work, files, total)
    for entry in entries:
        if entry.kind == "link":
            _make_link(entry, os.path.join(target, entry.path))
    _finish_directories(entries, target)
    sync_file_system(target)


def _make_directories(entries: list[Entry], target: str) -> None:
    """Make every directory that is needed, writable for now; single files may come without theirs."""
    for entry in entries:
        path = os.path.join(target, entry.path)
        directory = path if entry.kind == "directory" else os.path.dirname(path)
        os.makedirs(directory, mode=0o700, exist_ok=True)


def _make_link(entry: Entry, path: str) -> None:
    os.symlink(entry.digest, path)
    if os.utime in os.supports_follow_symlinks:
        os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns), follow_symlinks=False)


def _finish_directories(entries: list[Entry], target: str) -> None:
    """Give directories their modes and times, the deepest first: a directory may forbid writing."""
    for entry in reversed(entries):
        if entry.kind == "directory":
            path = os.path.join(target, entry.path)
            os.chmod(path, entry.mode)
            os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
