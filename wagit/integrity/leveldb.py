"""A reader of LevelDB directories that writes nothing and needs no comparator.

LevelDB itself writes to what it opens (it replays and removes logs, takes `LOCK`, starts a MANIFEST),
and Chromium's databases have comparators of their own. Here every live file is read as bytes: CURRENT
names the MANIFEST, that names the live tables and logs, and of each key the write with the highest
sequence number counts. Keys are told apart by their bytes, not by order.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple, TypeVar

from wagit.core.opening import regular
from wagit.integrity import leveldb_log, leveldb_table
from wagit.integrity.leveldb_bytes import LevelDBUnreadable, Malformed, Torn
from wagit.integrity.leveldb_file import Source, opened
from wagit.integrity.leveldb_log import Entry, Records
from wagit.integrity.leveldb_version import Version, version

__all__ = ["Entry", "LevelDBUnreadable", "LiveFiles", "entries", "live_files", "read_newest"]

ATTEMPTS = 5
_MANIFEST = re.compile(rb"(MANIFEST-[0-9]+)\n")
_LOG = re.compile(r"([0-9]{6,})\.log")
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
    try:
        manifest = manifest_name(current)
    except Malformed as damage:
        raise LevelDBUnreadable(f"{directory}/CURRENT is damaged: {damage}", _MEND) from damage
    (found,) = _read(directory, manifest, _versions)
    present = set(os.listdir(directory))
    tables = {table_name(number, present): table.size for number, table in found.tables.items()}
    logs = [f"{number:06}.log" for number in log_numbers(present, found)]
    return LiveFiles(manifest, tables, logs, found.last_sequence, found.comparator)


def manifest_name(current: bytes) -> str:
    """The MANIFEST that the contents of CURRENT name. Raises Malformed."""
    match = _MANIFEST.fullmatch(current)
    if match is None:
        raise Malformed(f"it names no MANIFEST: {current[:40]!r}")
    return match[1].decode()


def table_name(number: int, present: Container[str]) -> str:
    """The file of a table, of those that are there."""
    old = f"{number:06}.sst"  # what LevelDB wrote before 1.14
    return old if old in present else f"{number:06}.ldb"


def log_numbers(present: Iterable[str], found: Version) -> list[int]:
    """The logs that are there and count, in the order they were written."""
    numbers = (int(match[1]) for name in present if (match := _LOG.fullmatch(name)))
    return sorted(number for number in numbers if found.counts(number))


def _versions(source: Source) -> Iterator[Version]:
    yield version(_records(source))


def _log_entries(source: Source) -> Iterator[Entry]:
    for record in _records(source):
        yield from leveldb_log.batch(record)


def _records(source: Source) -> Iterator[bytes]:
    """The records of a log without its torn tail."""
    with suppress(Torn):
        yield from Records(source.blocks(leveldb_log.BLOCK))


def _read(directory: str, name: str, parse: Callable[[Source], Iterator[_Parsed]]) -> list[_Parsed]:
    """Parse one file whole, naming it when that fails."""
    path = os.path.join(directory, name)
    try:
        with opened(directory, name) as source:
            return list(parse(source))
    except FileNotFoundError as missing:
        raise LevelDBUnreadable(f"{path} is missing", _MEND) from missing
    except Malformed as damage:
        raise LevelDBUnreadable(f"{path} is damaged: {damage}", _MEND) from damage
