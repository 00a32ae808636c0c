"""A rollback journal: whether SQLite can take a half-written change back with it.

https://www.sqlite.org/fileformat2.html#the_rollback_journal. A header counts its records only once they
are on the disk, so what it counts must be there whole, however the writer was stopped.
"""

from __future__ import annotations

import os
import struct

MAGIC = bytes.fromhex("d9d505f920a163d7")
_HEADER = 28
_UNCOUNTED = 0xFFFFFFFF  # all records up to the end


def is_hot(descriptor: int) -> bool:
    """Whether an open journal is to be played back: a finished one is empty or begins with a zero."""
    return os.pread(descriptor, 1, 0) not in (b"", b"\0")


def damage(descriptor: int) -> tuple[int, str] | None:
    """Where a hot journal is damaged, and how; None where it is whole."""
    size = os.fstat(descriptor).st_size
    at = 0
    while at + _HEADER <= size:
        head = os.pread(descriptor, _HEADER, at)
        if len(head) < _HEADER or head[:8] != MAGIC:
            return (0, "does not begin as a journal does") if at == 0 else None
        count, nonce, _, sector, page_size = struct.unpack(">IIIII", head[8:])
        if not (_is_power(sector, 32) and _is_power(page_size, 512)):
            return at, "has a damaged header"
        if count in (0, _UNCOUNTED):
            return None
        end = at + sector + count * (page_size + 8)
        if end > size:
            return size, f"ends before the {count} pages that it counts"
        for start in range(at + sector, end, page_size + 8):
            record = os.pread(descriptor, page_size + 8, start)
            if _checksum(record[4:-4], nonce) != int.from_bytes(record[-4:], "big"):
                return start, "has a damaged page"
        at = -(-end // sector) * sector
    return None


def _is_power(number: int, least: int) -> bool:
    return least <= number <= 65536 and not number & (number - 1)


def _checksum(page: bytes, nonce: int) -> int:
    """Every 200th byte from the end, but for the first (pager.c, pager_cksum)."""
    return nonce + sum(page[at] for at in range(len(page) - 200, 0, -200)) & 0xFFFFFFFF
