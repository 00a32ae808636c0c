"""LevelDB's sorted tables: `.ldb` files (doc/table_format.md)."""

from __future__ import annotations

from collections.abc import Iterator

from wagit.integrity.crc32c import masked_crc32c
from wagit.integrity.leveldb_bytes import Cursor, Malformed
from wagit.integrity.leveldb_log import Entry

FOOTER = 48
MAGIC = 0xDB4775248B80FB57
TRAILER = 5  # a block's compression type and checksum
LARGEST_BLOCK = 256 << 20  # bytes; a length beyond it is damage, and must not be allocated


def entries(data: bytes) -> Iterator[Entry]:
    """Yield every write that a table holds. Raises Malformed."""
    footer = Cursor(data, max(0, len(data) - FOOTER))
    if len(data) < FOOTER or int.from_bytes(data[-8:], "little") != MAGIC:
        raise Malformed("it does not end as a table does")
    footer.varint(), footer.varint()  # the metaindex block: filters, which a full read does not need
    for _, handle in _pairs(_block(data, footer)):
        for key, value in _pairs(_block(data, Cursor(handle))):
            yield _entry(key, value)


def _entry(internal_key: bytes, value: bytes) -> Entry:
    """Split an internal key: the user's key, then sequence and type in 8 bytes (db/dbformat.h)."""
    if len(internal_key) < 8:
        raise Malformed("a key is shorter than its sequence number")
    tag = int.from_bytes(internal_key[-8:], "little")
    return Entry(internal_key[:-8], tag >> 8, value if tag & 0xFF else None)


def _block(data: bytes, handle: Cursor) -> bytes:
    """Read, check and decompress the block at the offset and size that `handle` names."""
    start, size = handle.varint(), handle.varint()
    end = start + size
    if end + TRAILER > len(data) - FOOTER:
        raise Malformed(f"a block at {start} reaches beyond its end")
    if masked_crc32c(data[start : end + 1]) != int.from_bytes(data[end + 1 : end + TRAILER], "little"):
        raise Malformed(f"the block at {start} fails its checksum")
    return _decompress(data[start:end], data[end], start)


def _decompress(block: bytes, kind: int, start: int) -> bytes:
    if kind == 0:
        return block
    import cramjam

    try:
        if kind == 1:
            if Cursor(block).varint() > LARGEST_BLOCK:
                raise Malformed(f"the block at {start} claims to be larger than {LARGEST_BLOCK} bytes")
            return bytes(cramjam.snappy.decompress_raw(block))
        if kind == 2:
            return bytes(cramjam.zstd.decompress(block))
    except cramjam.DecompressionError as problem:
        raise Malformed(f"the block at {start} cannot be decompressed: {problem}") from problem
    raise Malformed(f"the block at {start} has the unknown compression {kind}")


def _pairs(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of a block, whose keys leave out what they share with the one before."""
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise Malformed("a block is shorter than its restart points")
    cursor = Cursor(block[:end])
    key = b""
    while cursor:
        shared, added, length = cursor.varint(), cursor.varint(), cursor.varint()
        if shared > len(key):
            raise Malformed("a key shares more than the key before it has")
        key = key[:shared] + cursor.take(added)
        yield key, cursor.take(length)
