"""Whether the logs hold all that was written, told by sequence numbers: a log that is gone or emptied
leaves a database that opens.

Each write has the number behind the one before, across logs. MANIFEST notes the last one with each edit
(db/version_set.cc, LogAndApply), and a write is in its log before it counts (db/db_impl.cc, Write): so a
process that is killed loses none that is noted. When the memtable is flushed, a table gets all that the
older logs hold, and MANIFEST names the log that goes on: `began` was the last number then, and the log's
first is behind the table's last, or `began` if nothing had been written to it yet. With `reuse_logs`, as
Chromium has it, a database is opened without an edit, and goes on behind the highest number that MANIFEST
or a log has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from wagit.integrity.leveldb_check_log import Span, gap
from wagit.integrity.leveldb_check_table import Fault
from wagit.integrity.leveldb_version import Version

IMMEDIATE = "idb_cmp1"  # IndexedDB's comparator: it writes when it is made, unlike Local Storage


def check_sequence(
    version: Version, logs: Mapping[int, Span], flushed: Callable[[], int | None]
) -> Iterator[tuple[int, Fault]]:
    """Find logs that are missing, shortened, or another database's, by number.

    `logs` are the live ones in their order; `flushed` finds the last number in the tables that were
    written when the oldest log began, None when they are gone. Damaged logs tell nothing.
    """
    held = [(number, log) for number, log in logs.items() if log.first is not None]
    if version.log not in logs and (version.log or not logs):
        yield version.log, _missing(version, [log for _, log in held])
    elif not all(log.whole for log in logs.values()):
        return
    elif held:
        yield from _connected(version, held, flushed)
    else:
        yield from _all_empty(version, max(logs), flushed)


def _missing(version: Version, held: Sequence[Span]) -> Fault:
    what = f"MANIFEST counts on it, and on writes up to {version.last_sequence}"
    if held and held[0].first is not None and held[0].first - 1 in version.sequences:
        return Fault("leveldb-lost-before", None, f"{what}; the database was opened without it before")
    return Fault("leveldb-log-missing", None, what)


def _connected(
    version: Version, held: Sequence[tuple[int, Span]], flushed: Callable[[], int | None]
) -> Iterator[tuple[int, Fault]]:
    first = held[0][1].first or 0
    if first - 1 > version.began:
        yield held[0][0], gap(0, version.began, first, version.sequences)
    elif first - 1 < version.began and flushed() not in (None, first - 1):
        yield held[0][0], gap(0, flushed() or 0, first, ())
    for (_, older), (number, newer) in pairwise(held):
        if newer.first != older.last + 1:
            yield number, gap(0, older.last, newer.first or 0, ())
    number, newest = held[-1]
    if newest.last < version.last_sequence:
        what = f"it ends with write {newest.last}, and MANIFEST knows of {version.last_sequence}"
        yield number, Fault("leveldb-log-short", None, what)


def _all_empty(
    version: Version, newest: int, flushed: Callable[[], int | None]
) -> Iterator[tuple[int, Fault]]:
    last = version.last_sequence
    if last == 0 and not version.tables and version.comparator != IMMEDIATE:
        yield newest, Fault("leveldb-empty", None, "no write was ever kept")
    elif last == 0 or last > version.began or (flushed() is not None and last > (flushed() or 0)):
        what = f"it holds nothing, and MANIFEST knows of write {last}" if last else "it holds nothing"
        yield newest, Fault("leveldb-log-short", None, what)
