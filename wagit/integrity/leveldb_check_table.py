"""Check every byte of one of LevelDB's tables, without decompressing it and without its order of keys.

LevelDB writes blocks one behind the other (table/table_builder.cc): data, filter, metaindex, index, then
the footer. So there is no byte that no checksum covers, but the footer's, and those say where blocks lie.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from wagit.integrity.crc32c import crc32c, masked
from wagit.integrity.leveldb_block import pairs
from wagit.integrity.leveldb_bytes import Cursor, Malformed
from wagit.integrity.leveldb_file import Source
from wagit.integrity.leveldb_table import FOOTER, TRAILER, Footer, Handle, footer, index, read_block
from wagit.integrity.leveldb_version import Table

WINDOW = 256 << 10  # bytes that are read at once; more is slower
SLACK = 8 << 20  # bytes; beside half the file, what an index may be decompressed
LARGEST_COMPARED = 8 << 20  # bytes; the keys of a larger block are not compared


class Fault(NamedTuple):
    """A finding but for the file's name."""

    code: str
    offset: int | None
    what: str


def check_table(source: Source, table: Table) -> Iterator[Fault]:
    """Find what is wrong with a table that should be `table`. Raises OSError."""
    try:
        yield from _check(source, table)
    except Malformed as damage:
        yield Fault("leveldb-table", damage.offset, str(damage))


def _check(source: Source, table: Table) -> Iterator[Fault]:
    if source.size > table.size:
        surplus = source.size - table.size
        yield Fault("leveldb-surplus", table.size, f"{surplus} bytes follow the end that MANIFEST names")
    end = footer(source, table.size)
    if not end.padded:
        yield Fault("leveldb-padding", table.size - FOOTER, "the footer's rest should be zero")
    data_end = _check_meta(source, end, table.size)
    limit = SLACK + table.size // 2
    first, last = _check_blocks(source, index(source, end.data_index, limit), data_end)
    for handle, key, place in ((first, table.smallest, 0), (last, table.largest, -1)):
        if (found := _key(source, handle, place, limit)) is not None and found != key:
            which = "last" if place else "first"
            what = f"its {which} key is {found[:40].hex()}, not the {key[:40].hex()} that MANIFEST names"
            yield Fault("leveldb-table-other", handle.start, what)


def _check_meta(source: Source, end: Footer, size: int) -> int:
    """Check the blocks behind the data; return where the data ends. Raises Malformed, OSError."""
    meta, filters = end.metaindex, None
    for _, value in pairs(read_block(source, meta, SLACK)):
        if filters is not None:
            raise Malformed("it names more than one filter block", meta.start)
        cursor = Cursor(value)
        filters = Handle(cursor.varint(), cursor.varint())
        if filters.end > size:
            raise Malformed("the filter block reaches beyond the table's end", meta.start)
        if not _holds(source, filters):
            raise Malformed(f"the filter block at {filters.start} fails its checksum", filters.start)
    _follows(meta.end, end.data_index.start)
    _follows(end.data_index.end, size - FOOTER)
    if filters is None:
        return meta.start
    _follows(filters.end, meta.start)
    return filters.start


def _follows(end: int, start: int) -> None:
    if end != start:
        raise Malformed(f"a block ends at {end}, and the next one starts at {start}", min(end, start))


def _check_blocks(source: Source, handles: Iterator[Handle], end: int) -> tuple[Handle, Handle]:
    """Check all data blocks; return the first and the last one. Raises Malformed, OSError."""
    first = last = None
    window, base, position = b"", 0, 0
    for handle in handles:
        start, size = handle
        begin, checked = start - base, start - base + size + 1
        if start != position or start + size + TRAILER > end:
            raise Malformed(f"the index names a block at {start}, not at {position}", position)
        if checked + 4 > len(window):
            window, base = source.part(start, min(start + WINDOW, end)), start
            begin, checked = 0, size + 1
        if size + TRAILER > WINDOW:
            whole = _holds(source, handle)
        else:
            crc = crc32c(0, window[begin:checked])
            whole = masked(crc) == int.from_bytes(window[checked : checked + 4], "little")
        if not whole:
            raise Malformed(f"the block at {start} fails its checksum", start)
        position = start + size + TRAILER
        first, last = first or handle, handle
    _follows(position, end)
    if first is None or last is None:
        raise Malformed("it holds nothing", 0)
    return first, last


def _holds(source: Source, handle: Handle) -> bool:
    """Whether a block of any size has its checksum, read in pieces. Raises OSError."""
    crc, end = 0, handle.end - 4
    for start in range(handle.start, end, WINDOW):
        crc = crc32c(crc, source.part(start, min(start + WINDOW, end)))
    return masked(crc) == int.from_bytes(source.part(end, end + 4), "little")


def _key(source: Source, handle: Handle, place: int, limit: int) -> bytes | None:
    """The first (0) or last (-1) key of a block; None where that takes too much memory."""
    if handle.size > LARGEST_COMPARED:
        return None
    block = read_block(source, handle, max(limit, LARGEST_COMPARED))
    keys = (key for key, _ in pairs(block))
    try:
        return next(keys) if place == 0 else deque(keys, maxlen=1)[0]
    except (StopIteration, IndexError):
        raise Malformed(f"the block at {handle.start} is empty", handle.start) from None
