"""LevelDB's log format: `.log` and `MANIFEST` files (doc/log_format.md), and what their records hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wagit.integrity.crc32c import masked_crc32c
from wagit.integrity.leveldb_bytes import Cursor, Malformed

BLOCK = 32768
HEADER = 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


class Entry(NamedTuple):
    """One write: `value` is None for a deletion. The highest `sequence` of a key is what counts."""

    key: bytes
    sequence: int
    value: bytes | None


def records(data: bytes) -> Iterator[bytes]:
    """Yield each whole record of a log. A torn tail ends it quietly. Raises Malformed on damage before.

    A tail is torn when the file ends within a fragment or before a record's last one: what a writer
    that was killed leaves.
    """
    pending = b""
    within = False
    for kind, fragment, position in _fragments(data):
        if within != (kind in (MIDDLE, LAST)):
            raise Malformed(f"the record at {position} has lost a fragment")
        pending += fragment
        within = kind in (FIRST, MIDDLE)
        if not within:
            yield pending
            pending = b""


def _fragments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    position = 0
    while position + HEADER <= len(data):
        left = BLOCK - position % BLOCK
        if left < HEADER:  # a block's last bytes are filled with zeros
            position += left
            continue
        length = int.from_bytes(data[position + 4 : position + 6], "little")
        kind = data[position + 6]
        if kind == 0 and length == 0:  # space that was reserved and not written
            position += left
            continue
        if HEADER + length > left or kind > LAST:
            raise Malformed(f"there is no record header at {position}")
        payload = data[position + HEADER : position + HEADER + length]
        if len(payload) < length:
            return
        if masked_crc32c(bytes([kind]) + payload) != int.from_bytes(data[position : position + 4], "little"):
            raise Malformed(f"the record at {position} fails its checksum")
        yield kind, payload, position
        position += HEADER + length


def batch(record: bytes) -> Iterator[Entry]:
    """Yield the writes of one `.log` record, a write batch (db/write_batch.cc). Raises Malformed."""
    cursor = Cursor(record)
    sequence = cursor.fixed(8)
    count = cursor.fixed(4)
    for number in range(sequence, sequence + count):
        kind = cursor.byte()
        if kind > 1:
            raise Malformed(f"a write has the unknown type {kind}")
        key = cursor.string()
        yield Entry(key, number, cursor.string() if kind else None)
    if cursor:
        raise Malformed(f"a write batch is longer than its {count} writes")


class Version(NamedTuple):
    """What a MANIFEST says is live: tables by number with their size, and the logs from `log` on."""

    tables: dict[int, int]
    log: int
    previous_log: int
    last_sequence: int
    comparator: str


def version(data: bytes) -> Version:
    """Add up the version edits of a MANIFEST (db/version_edit.cc). Raises Malformed."""
    tables: dict[tuple[int, int], int] = {}
    numbers: dict[int, int] = {}
    comparator = ""
    for record in records(data):
        cursor = Cursor(record)
        while cursor:
            tag = cursor.varint()
            if tag == 1:
                comparator = cursor.string().decode("latin-1")
            elif tag in (2, 3, 4, 9):
                numbers[tag] = cursor.varint()
            else:
                _edit_tables(tag, cursor, tables)
    if not {2, 3, 4} <= numbers.keys():
        raise Malformed("it names no log, next file or last sequence")
    live = {number: size for (_, number), size in tables.items()}
    return Version(live, numbers[2], numbers.get(9, 0), numbers[4], comparator)


def _edit_tables(tag: int, cursor: Cursor, tables: dict[tuple[int, int], int]) -> None:
    if tag == 5:  # where the next compaction of a level starts
        cursor.varint()
        cursor.string()
    elif tag == 6:
        tables.pop((cursor.varint(), cursor.varint()), None)
    elif tag == 7:
        place = cursor.varint(), cursor.varint()
        tables[place] = cursor.varint()
        cursor.string()  # its smallest and largest key
        cursor.string()
    else:
        raise Malformed(f"it has an edit of the unknown type {tag}")
