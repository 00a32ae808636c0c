"""LevelDB's log format: `.log` and `MANIFEST` files (doc/log_format.md), and the writes in a `.log`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wagit.integrity.crc32c import masked_crc32c
from wagit.integrity.leveldb_bytes import Malformed, Torn, varint

BLOCK = 32768
HEADER = 7
ZEROS, FULL, FIRST, MIDDLE, LAST = range(5)
_WRITES = 12  # where they begin in a batch, behind sequence number and count


class Entry(NamedTuple):
    """One write: `value` is None for a deletion. The highest `sequence` of a key is what counts."""

    key: bytes
    sequence: int
    value: bytes | None


class Records:
    """The records of a log, in order. Iterating raises Torn, Malformed on damage before a torn tail.

    `start` is where the record that is read now begins, `end` where the last whole one ended. `padding` are
    the offsets of blocks' ends that are not zero, as they should be; LevelDB never looks. A page of zeros,
    where space was reserved and not written or a file system lost it, ends a block, as in LevelDB, which
    loses what follows; `strict` calls it damage.
    """

    def __init__(self, found: Iterable[bytes], *, strict: bool = False) -> None:
        self.start = self.end = 0
        self.padding: list[int] = []
        self._blocks = found
        self._strict = strict

    def __iter__(self) -> Iterator[bytes]:
        pending: list[bytes] = []
        position, fragment = 0, b""
        for kind, fragment, position in self._fragments():
            if kind == ZEROS:
                if self._strict or pending:
                    raise Malformed(f"there are zeros for a record at {position}", position)
                continue
            if bool(pending) != (kind in (MIDDLE, LAST)):
                raise Malformed(f"the record at {position} has lost a fragment", position)
            if not pending:
                self.start = position
            pending.append(fragment)
            if kind in (FULL, LAST):
                self.end = position + HEADER + len(fragment)
                record = fragment if kind == FULL else b"".join(pending)
                pending = []
                yield record
        if pending:
            end = position + HEADER + len(fragment)
            raise Torn(f"the record at {self.start} has no last fragment", end)

    def _fragments(self) -> Iterator[tuple[int, bytes, int]]:
        base = 0
        for block in self._blocks:
            position = 0
            while position < len(block) and BLOCK - position >= HEADER:
                fragment = read_fragment(block, position, base)
                yield fragment
                position += HEADER + len(fragment[1])
                if fragment[0] == ZEROS:
                    position = BLOCK
            if any(block[position:]):
                self.padding.append(base + position)
            base += BLOCK


def read_fragment(block: bytes, position: int, base: int = 0) -> tuple[int, bytes, int]:
    """The fragment at `position` of the block at `base`: kind, payload, offset. Raises Torn, Malformed."""
    at = base + position
    if len(block) - position < HEADER:
        raise Torn(f"it ends within the record at {at}", at)
    length = block[position + 4] | block[position + 5] << 8
    kind = block[position + 6]
    if kind == ZEROS and length == 0:
        return kind, b"", at
    end = position + HEADER + length
    if end > BLOCK or not FULL <= kind <= LAST:
        raise Malformed(f"there is no record header at {at}", at)
    if end > len(block):
        raise Torn(f"it ends within the record at {at}", at)
    if masked_crc32c(block[position + 6 : end]) != int.from_bytes(block[position : position + 4], "little"):
        raise Malformed(f"the record at {at} fails its checksum", at)
    return kind, block[position + HEADER : end], at


def span(record: bytes) -> tuple[int, int]:
    """The first sequence number of a write batch, and how many writes it has. Raises Malformed."""
    if len(record) < _WRITES:
        raise Malformed("a write batch is shorter than its header")
    return int.from_bytes(record[:8], "little"), int.from_bytes(record[8:_WRITES], "little")


def batch(record: bytes) -> Iterator[Entry]:
    """Yield the writes of one `.log` record, a write batch (db/write_batch.cc). Raises Malformed."""
    sequence, count = span(record)
    position = _WRITES
    for number in range(sequence, sequence + count):
        kind = record[position] if position < len(record) else 0
        if kind > 1:
            raise Malformed(f"a write has the unknown type {kind}")
        key, position = _string(record, position + 1)
        value = None
        if kind:
            value, position = _string(record, position)
        yield Entry(key, number, value)
    if position != len(record):
        raise Malformed(f"a write batch is longer than its {count} writes")


def _string(record: bytes, position: int) -> tuple[bytes, int]:
    """A length and as many bytes, and where they end."""
    length, position = varint(record, position)
    end = position + length
    if end > len(record):
        raise Malformed(f"a write ends {end - len(record)} bytes too late")
    return record[position:end], end
