"""LevelDB's sorted tables: `.ldb` files (doc/table_format.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wagit.integrity.crc32c import crc32c, masked
from wagit.integrity.leveldb_block import decompress, pairs
from wagit.integrity.leveldb_bytes import Cursor, Malformed, varint
from wagit.integrity.leveldb_file import Source
from wagit.integrity.leveldb_log import Entry

FOOTER = 48
HANDLES = 40  # bytes of the footer for the handles of two blocks, filled with zeros
MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
TRAILER = 5  # a block's compression type and checksum
LARGEST_BLOCK = 256 << 20  # bytes; a length beyond it is damage, and must not be allocated


class Handle(NamedTuple):
    """Where a block lies: offset and size in bytes, without its trailer."""

    start: int
    size: int

    @property
    def end(self) -> int:
        """Behind the block and its trailer."""
        return self.start + self.size + TRAILER


class Footer(NamedTuple):
    """What a table's end names: its metaindex block, and the index of its data blocks.

    `padded`: the rest of it is zero.
    """

    metaindex: Handle
    data_index: Handle
    padded: bool


def entries(source: Source, limit: int = LARGEST_BLOCK) -> Iterator[Entry]:
    """Yield every write of a table. Raises Malformed (also for a block over `limit` bytes), OSError."""
    for handle in index(source, footer(source, source.size).data_index, limit):
        for key, value in pairs(read_block(source, handle, limit)):
            yield entry(key, value)


def entry(internal_key: bytes, value: bytes) -> Entry:
    """Split an internal key: the user's key, then sequence and type in 8 bytes (db/dbformat.h)."""
    if len(internal_key) < 8:
        raise Malformed("a key is shorter than its sequence number")
    tag = int.from_bytes(internal_key[-8:], "little")
    return Entry(internal_key[:-8], tag >> 8, value if tag & 0xFF else None)


def footer(source: Source, size: int) -> Footer:
    """Read the end of a table of `size` bytes. Raises Malformed, OSError."""
    if size < FOOTER or source.size < size:
        raise Malformed("it is too short for a table", 0)
    start = size - FOOTER
    data = source.part(start, size)
    if data[HANDLES:] != MAGIC:
        raise Malformed("it does not end as a table does", start)
    cursor = Cursor(data[:HANDLES])
    metaindex = Handle(cursor.varint(), cursor.varint())
    index = Handle(cursor.varint(), cursor.varint())
    written = b"".join(map(_varint, (*metaindex, *index)))
    return Footer(metaindex, index, data[:HANDLES] == written.ljust(HANDLES, b"\0"))


def index(source: Source, handle: Handle, limit: int = LARGEST_BLOCK) -> Iterator[Handle]:
    """Yield where the data blocks lie, in the order of their keys. Raises Malformed, OSError."""
    for _, value in pairs(read_block(source, handle, limit)):
        start, position = varint(value, 0)
        yield Handle(start, varint(value, position)[0])


def read_block(source: Source, handle: Handle, limit: int = LARGEST_BLOCK) -> bytes:
    """Read, check and decompress a block. Raises Malformed, OSError."""
    start = handle.start
    if handle.end > source.size:
        raise Malformed(f"the block at {start} reaches beyond its end", start)
    contents, trailer = source.part(start, start + handle.size), source.part(handle.end - TRAILER, handle.end)
    if masked(crc32c(crc32c(0, contents), trailer[:1])) != int.from_bytes(trailer[1:], "little"):
        raise Malformed(f"the block at {start} fails its checksum", start)
    try:
        return decompress(contents, trailer[0], limit)
    except Malformed as problem:
        raise Malformed(f"the block at {start}: {problem}", start) from problem


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])
