"""A reader of LevelDB directories that writes nothing and needs no comparator.

LevelDB itself writes to what it opens (it replays and removes logs, takes `LOCK`, starts a MANIFEST),
and Chromium's databases have comparators of their own. Here every live file is read as bytes: CURRENT
names the MANIFEST, that names the live tables and logs, and of each key the write with the highest
sequence number counts. Keys are told apart by their bytes, not by order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from wagit.core.opening import regular
from wagit.integrity import leveldb_log, leveldb_table
from wagit.integrity.leveldb_bytes import LevelDBUnreadable, Malformed
from wagit.integrity.leveldb_log import Entry, Version

__all__ = ["Entry", "LevelDBUnreadable", "LiveFiles", "entries", "live_files", "read_newest"]

ATTEMPTS = 5
LARGEST_FILE = 1 << 30  # bytes; LevelDB's tables have 2 MB, Chromium's logs a few
_MEND = "stop the bot, keep a copy of the directory, and restore a snapshot"


_Parsed = TypeVar("_Parsed")


class LiveFiles(NamedTuple):
    """The files that make up the newest state, as names; logs in the order they were written."""

    manifest: str
    tables: dict[str, int]  # with their sizes in bytes
    logs: list[str]
    last_sequence: int
    comparator: str


def read_newest(directory: str) -> dict[bytes, bytes]:
    """Return the newest value of every key that is not deleted.

    A torn tail of a `.log` is left out. A live writer may remove a file between our finding and our
    reading it, so reading starts over, a few times, when the directory has changed meanwhile. Raises
    LevelDBUnreadable on damage, FileNotFoundError when there is no database, OSError.
    """
    for _ in range(ATTEMPTS - 1):
        before = _state(directory)
        try:
            return _newest(entries(directory))
        except LevelDBUnreadable:
            if _state(directory) == before:
                raise
    return _newest(entries(directory))


def _newest(found: Iterable[Entry]) -> dict[bytes, bytes]:
    newest: dict[bytes, Entry] = {}
    for entry in found:
        if entry.key not in newest or newest[entry.key].sequence <= entry.sequence:
            newest[entry.key] = entry
    return {key: entry.value for key, entry in newest.items() if entry.value is not None}


def _state(directory: str) -> list[tuple[str, int]]:
    """Names and sizes of all files: what changes when a writer is at work."""
    with os.scandir(directory) as listing:
        return sorted((item.name, item.stat(follow_symlinks=False).st_size) for item in listing)


def entries(directory: str) -> Iterator[Entry]:
    """Yield every write in the live files, older and deleted ones too, in no order of keys.

    Raises LevelDBUnreadable, FileNotFoundError when there is no database, OSError.
    """
    live = live_files(directory)
    for name in live.tables:
        yield from _read(directory, name, leveldb_table.entries)
    for name in live.logs:
        yield from _read(directory, name, _log_entries)


def live_files(directory: str) -> LiveFiles:
    """Find the files that count. Raises LevelDBUnreadable, FileNotFoundError without a CURRENT, OSError."""
    with open(os.path.join(directory, "CURRENT"), "rb", opener=regular) as file:
        current = file.read(64)
    manifest = current[:-1].decode("latin-1")
    if not (current.endswith(b"\n") and manifest.startswith("MANIFEST-") and manifest[9:].isdigit()):
        raise LevelDBUnreadable(f"{directory}/CURRENT names no MANIFEST: {manifest[:40]!r}", _MEND)
    (version,) = _read(directory, manifest, _versions)
    present = set(os.listdir(directory))
    tables = {_table_name(number, present): size for number, size in version.tables.items()}
    numbers = sorted(int(name[:-4]) for name in present if name.endswith(".log") and name[:-4].isdigit())
    logs = [f"{number:06}.log" for number in numbers if _is_live(number, version)]
    return LiveFiles(manifest, tables, logs, version.last_sequence, version.comparator)


def _table_name(number: int, present: set[str]) -> str:
    old = f"{number:06}.sst"  # what LevelDB wrote before 1.14
    return old if old in present else f"{number:06}.ldb"


def _is_live(log: int, version: Version) -> bool:
    return log >= version.log or log == version.previous_log


def _versions(data: bytes) -> Iterator[Version]:
    yield leveldb_log.version(data)


def _log_entries(data: bytes) -> Iterator[Entry]:
    for record in leveldb_log.records(data):
        yield from leveldb_log.batch(record)


def _read(directory: str, name: str, parse: Callable[[bytes], Iterator[_Parsed]]) -> list[_Parsed]:
    """Parse one file whole, naming it when that fails."""
    path = os.path.join(directory, name)
    try:
        with open(path, "rb", opener=regular) as file:
            return list(parse(_at_most(file.read(LARGEST_FILE + 1))))
    except FileNotFoundError as missing:
        raise LevelDBUnreadable(f"{path} is missing", _MEND) from missing
    except Malformed as damage:
        raise LevelDBUnreadable(f"{path} is damaged: {damage}", _MEND) from damage


def _at_most(data: bytes) -> bytes:
    if len(data) > LARGEST_FILE:
        raise Malformed(f"it is larger than {LARGEST_FILE} bytes")
    return data
