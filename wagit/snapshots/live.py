"""The data of a slot as a snapshot would have it now, for comparing: read as little as can be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from wagit.core.copying import hash_of
from wagit.core.opening import open_to_read
from wagit.snapshots.manifest import Entry
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.scan import scan
from wagit.snapshots.selection import Selection

DIFFERENT = "?"  # the digest of a file that need not be read to know that it changed


def entries_now(
    data: str,
    selection: Selection,
    against: Iterable[Entry],
    known: Iterable[Entry] = (),
    progress: Progress = no_progress,
) -> list[Entry]:
    """List the data with the digests that comparing with `against` needs.

    A file whose state is in `against` or `known` is not read, nor one whose size alone tells that it
    changed. One that vanishes meanwhile is left out. Raises CannotSnapshot, Changing, OSError.
    """
    old = {entry.path: entry for entry in against if entry.kind == "file"}
    states = {(e.path, e.state): e.digest for e in (*known, *old.values()) if e.kind == "file" and e.inode}
    found = []
    due = []
    for entry in scan(data, selection):
        digest = states.get((entry.path, entry.state)) if entry.kind == "file" else entry.digest
        was = old.get(entry.path)
        if digest is None and was is not None and was.size == entry.size:
            due.append(entry)
        else:
            found.append(entry._replace(digest=DIFFERENT if digest is None else digest))
    return sorted([*found, *_hashed(data, due, progress)])


def _hashed(data: str, due: list[Entry], progress: Progress) -> Iterator[Entry]:
    total = sum(entry.size for entry in due)
    done = 0
    progress(done, total)
    for entry in due:
        try:
            source = open_to_read(os.path.join(data, entry.path))
        except FileNotFoundError:
            continue
        try:
            yield entry._replace(digest=hash_of(source))
        finally:
            os.close(source)
        done += entry.size
        progress(done, total)
