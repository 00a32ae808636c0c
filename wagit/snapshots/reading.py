"""Read a slot's data into a private directory: whole files by digest, two at a time, nothing torn.

A file is copied first and the copy is hashed, so that a digest always names the bytes that are kept. A
file whose state is that of the last snapshot is not read; one of the same size is only hashed.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

from wagit.core.atomic import named
from wagit.core.copying import hash_of
from wagit.core.opening import open_to_read
from wagit.core.store import Store
from wagit.snapshots import objects
from wagit.snapshots.manifest import Entry
from wagit.snapshots.scan import GONE, file_entry, scan
from wagit.snapshots.selection import Selection
from wagit.snapshots.staging import Staging

Progress = Callable[[int, int], None]  # bytes done, bytes in all
ATTEMPTS = 3
THREADS = 2
_WORTH_THREADS = 1 << 20  # bytes


class Reading(NamedTuple):
    """Entries with their digests, and where each object lies that the store does not have yet.

    `steady` tells that nothing changed meanwhile; `changed` names what did.
    """

    entries: tuple[Entry, ...]
    fresh: dict[str, str]
    changed: tuple[str, ...]

    @property
    def steady(self) -> bool:
        """Whether the entries are the data at one moment."""
        return not self.changed


def no_progress(done: int, total: int) -> None:
    """Show nothing."""


def read(
    store: Store,
    data: str,
    selection: Selection,
    known: Mapping[str, Entry] | None,
    staging: Staging,
    progress: Progress = no_progress,
) -> Reading:
    """Read what `selection` wants, again when it changed meanwhile, at most ATTEMPTS times.

    `known` has the entries of the last snapshot by path; None has all files copied, also what the store has:
    that may be collected before the manifest is there. Raises CannotSnapshot, OSError.
    """
    reader = _Reader(store, data, known, staging, progress)
    found = scan(data, selection)
    for attempt in range(1, ATTEMPTS + 1):
        entries, changed = reader.digest(found)
        after = scan(data, selection)
        changed |= _differences(found, after)
        changed |= reader.changed_unseen(entries)
        if not changed or attempt == ATTEMPTS:
            return Reading(tuple(entries), reader.fresh, tuple(sorted(changed)))
        found = after
    raise AssertionError("unreachable")


def _differences(before: list[Entry], after: list[Entry]) -> set[str]:
    """Paths that came, went or changed; whether a file is settled does not count, nor a directory's time."""
    old, new = ({entry.path: _lasting(entry) for entry in found} for found in (before, after))
    return {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


def _lasting(entry: Entry) -> Entry:
    return entry._replace(inode=0, mtime_ns=0) if entry.kind == "directory" else entry._replace(inode=0)


class _Reader:
    """Finds digests, reusing those that are known and those that an earlier attempt found."""

    def __init__(
        self,
        store: Store,
        data: str,
        known: Mapping[str, Entry] | None,
        staging: Staging,
        progress: Progress,
    ) -> None:
        self.fresh: dict[str, str] = {}
        self._afresh = known is None
        self._store = store
        self._data = data
        self._known = dict(known or {})
        self._staging = staging
        self._progress = progress
        self._lock = threading.Lock()

    def digest(self, found: list[Entry]) -> tuple[list[Entry], set[str]]:
        """Return the entries with digests, and the paths of files that changed while they were read."""
        entries = {entry.path: self._unchanged(entry) for entry in found}
        due = [entry for entry in found if entries[entry.path] is None]
        due.sort(key=lambda entry: entry.size, reverse=True)
        changed: set[str] = set()
        total = sum(entry.size for entry in due)
        done = 0

        def work(entry: Entry) -> None:
            nonlocal done
            result, steady = self._read(entry)
            with self._lock:
                entries[entry.path] = result
                done += entry.size
                if not steady:
                    changed.add(entry.path)
                self._progress(done, total)

        self._progress(0, total)
        run_in_threads(work, due, total)
        return [entry for entry in entries.values() if entry is not None], changed

    def _unchanged(self, entry: Entry) -> Entry | None:
        if entry.kind != "file":
            return entry
        known = self._known.get(entry.path)
        if known is None or known.inode == 0 or known.kind != "file" or known.state != entry.state:
            return None
        if known.digest not in self.fresh and objects.size_of(self._store, known.digest) != known.size:
            return None
        return entry._replace(digest=known.digest)

    def changed_unseen(self, entries: list[Entry]) -> set[str]:
        """Paths of files that changed since they were read, in the tick of the clock before, so unseen."""
        return {
            entry.path
            for entry in entries
            if entry.kind == "file" and entry.inode == 0 and self._hash_again(entry) != entry.digest
        }

    def _hash_again(self, entry: Entry) -> str:
        path = os.path.join(self._data, entry.path)
        source = _open(path)
        if source is None:
            return ""
        try:
            with named(path):
                return hash_of(source)
        finally:
            os.close(source)

    def _read(self, entry: Entry) -> tuple[Entry | None, bool]:
        """Read one file; return it with its digest, None when it is gone, and whether it held still."""
        path = os.path.join(self._data, entry.path)
        source = _open(path)
        if source is None:
            return None, False
        try:
            with named(path):
                before = file_entry(entry.path, os.fstat(source), 0)
                digest, size = self._digest_of(source, entry)
                after = file_entry(entry.path, os.fstat(source), 0)
        finally:
            os.close(source)
        steady = before.state == after.state and entry.size == before.size == size
        settled = entry if steady else entry._replace(inode=0)
        done = settled._replace(size=size, digest=digest)
        with self._lock:
            self._known[entry.path] = done
        return done, steady

    def _digest_of(self, source: int, entry: Entry) -> tuple[str, int]:
        """The digest and the size of what the store has or gets of an open file."""
        known = self._known.get(entry.path)
        if known is not None and known.kind == "file" and known.size == entry.size:
            digest = hash_of(source)
            if digest == known.digest and self._have(digest, known.size):
                return digest, known.size
        with self._lock:
            target = self._staging.new_name()
        digest, size = objects.copy_in(source, target)
        have = self._have(digest, size)
        with self._lock:
            if have or digest in self.fresh:
                os.unlink(target)
            else:
                self.fresh[digest] = target
        return digest, size

    def _have(self, digest: str, size: int) -> bool:
        """Whether the object is there and good: a damaged one is replaced while the data still has it."""
        return digest in self.fresh or (not self._afresh and objects.is_good(self._store, digest, size))


def _open(path: str) -> int | None:
    """Open a file to read; None when it is gone, or no file any more. Raises OSError."""
    try:
        return open_to_read(path)
    except OSError as error:
        if error.errno in GONE:
            return None
        raise


def run_in_threads(work: Callable[[Entry], None], due: list[Entry], total: int) -> None:
    """Do `work` for each entry in turn, in two threads when there is enough of it; raise its first error."""
    waiting = iter(due)
    lock = threading.Lock()
    errors: list[BaseException] = []

    def run() -> None:
        while not errors:
            with lock:
                entry = next(waiting, None)
            if entry is None:
                return
            try:
                work(entry)
            except BaseException as error:  # raised again below, in the thread that asked
                errors.append(error)

    helpers = []
    for _ in range(THREADS - 1 if total > _WORTH_THREADS else 0):
        helper = threading.Thread(target=run)
        with contextlib.suppress(RuntimeError):  # the system has no thread left: slower then
            helper.start()
            helpers.append(helper)
    run()
    for helper in helpers:
        helper.join()
    if errors:
        raise errors[0]
