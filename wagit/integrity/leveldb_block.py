"""The blocks of LevelDB's tables: their compression and their keys (table/format.cc, table/block.cc)."""

from __future__ import annotations

from collections.abc import Iterator

from wagit.integrity.leveldb_bytes import Cursor, Malformed

NONE, SNAPPY, ZSTD = range(3)
_FRAME = b"\x28\xb5\x2f\xfd"  # RFC 8878, section 3.1.1


def decompress(block: bytes, kind: int, limit: int) -> bytes:
    """A block as it was before compression. Raises Malformed, also for one that would be over `limit` bytes.

    What it claims to be is all that is ever allocated.
    """
    if kind == NONE:
        return block
    import cramjam

    claimed = _claimed(block, kind)
    if claimed > limit:
        raise Malformed(f"a block claims to be larger than {limit} bytes")
    output = bytearray(claimed)
    try:
        into = cramjam.snappy.decompress_raw_into if kind == SNAPPY else cramjam.zstd.decompress_into
        written = into(block, output)
    except cramjam.DecompressionError as problem:
        raise Malformed(f"a block cannot be decompressed: {problem}") from problem
    if written != claimed:
        raise Malformed(f"a block has {written} bytes and claims {claimed}")
    return bytes(output)


def _claimed(block: bytes, kind: int) -> int:
    """How long a compressed block says that its contents are."""
    if kind == SNAPPY:
        return Cursor(block).varint()
    if kind != ZSTD:
        raise Malformed(f"a block has the unknown compression {kind}")
    if len(block) < 5 or not block.startswith(_FRAME):
        raise Malformed("a block is no zstd frame")
    flags = block[4]
    width = (1 if flags & 0x20 else 0, 2, 4, 8)[flags >> 6]
    if not width:
        raise Malformed("a block does not tell its length")
    skipped = 5 + (0 if flags & 0x20 else 1) + (0, 1, 2, 4)[flags & 3]
    return Cursor(block, skipped).fixed(width) + (256 if width == 2 else 0)


def pairs(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of a block, whose keys leave out what they share with the one before."""
    end = len(block) - 4 * (int.from_bytes(block[-4:], "little") + 1)
    if end < 0:
        raise Malformed("a block is shorter than its restart points")
    key = b""
    position = 0
    while position < end:
        lengths = block[position : position + 3]
        if max(lengths) < 0x80:  # nearly always, and three times as fast
            shared, added, length = lengths
            position += 3
        else:
            cursor = Cursor(block, position)
            shared, added, length = cursor.varint(), cursor.varint(), cursor.varint()
            position = cursor.position
        value = position + added
        if shared > len(key) or value + length > end:
            raise Malformed("a key or value reaches beyond its block")
        key = key[:shared] + block[position:value]
        position = value + length
        yield key, block[value:position]
