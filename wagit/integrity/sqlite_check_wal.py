"""A -wal: whether changes that were committed to it are lost.

https://www.sqlite.org/fileformat2.html#walformat. SQLite ends at the first frame whose salts or checksum
are wrong, and drops all behind it without a word. That is right for what a writer that was killed left:
frames without a commit, one half-written frame, and older frames that were to be overwritten. It hides
damage to frames that were committed, which leaves other traces:

- The `-shm` of a process that was killed still counts the committed frames.
- A frame that ends a transaction and was written whole is there, and yet it is not reached.
- The file ends where no write ends.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import NamedTuple

from wagit.core.opening import regular

HEADER = 32
FRAME = 24  # a frame's header; the page follows
_VERSION = 3007000
_MOST_CHECKED = 4096  # frames summed up here; larger transactions that were torn are rare
_SECTOR = 512  # a write that is cut off, by a signal or a full disk, ends at a multiple of it


class Wal(NamedTuple):
    """An open -wal whose header is right."""

    descriptor: int
    size: int
    page_size: int
    order: str  # of the words that are summed up: "<" or ">"
    salts: bytes
    checksum: tuple[int, int]

    @property
    def frames(self) -> int:
        """How many frames are there whole."""
        return max(0, self.size - HEADER) // (FRAME + self.page_size)

    def start(self, frame: int) -> int:
        """Where a frame starts; they are counted from 1."""
        return HEADER + (frame - 1) * (FRAME + self.page_size)


def parse(descriptor: int, page_size: int) -> Wal | str | None:
    """Read the header of an open -wal; or say what is wrong with it. None: there is no frame in it."""
    size = os.fstat(descriptor).st_size
    if size <= HEADER:
        return None
    data = os.pread(descriptor, HEADER, 0)
    if len(data) < HEADER:
        return None
    magic, version, own_page_size = struct.unpack(">III", data[:12])
    if magic & ~1 != 0x377F0682 or version != _VERSION:
        return "does not begin as a -wal does"
    order = ">" if magic & 1 else "<"
    checksum = _sum(data[:24], (0, 0), order)
    if checksum != struct.unpack(">II", data[24:32]):
        return "fails the checksum of its header"
    if own_page_size != page_size:
        return f"has pages of {own_page_size} bytes, and the database of {page_size}"
    return Wal(descriptor, size, page_size, order, data[16:24], checksum)


def lost(wal: Wal, committed: int, shm: str) -> tuple[int, str] | None:
    """Where frames were lost behind the last of the `committed` ones, which SQLite counted, and why.

    `shm` is the path of the -shm, which need not be there.
    """
    counted = counted_in(shm, wal.salts)
    if counted is not None:
        at = wal.start(committed + 1)
        return (at, f"holds {committed} of {counted} committed frames") if counted > committed else None
    return _unreached(wal, committed) or _cut(wal)


def counted_in(shm: str, salts: bytes | None = None) -> int | None:
    """How many committed frames a -shm counts (walformat.html, section 2.1).

    None: there is no -shm, it is torn, or it is of another -wal than the one with these `salts`.
    """
    try:
        with open(shm, "rb", opener=regular) as file:
            data = file.read(96)
    except OSError:
        return None
    order = "<" if sys.byteorder == "little" else ">"
    if len(data) < 96 or data[:48] != data[48:] or not data[12]:
        return None
    if _sum(data[:40], (0, 0), order) != struct.unpack("=II", data[40:48]):
        return None
    if salts is not None and data[32:40] != salts:
        return None
    return int(struct.unpack("=I", data[16:20])[0])


def _unreached(wal: Wal, committed: int) -> tuple[int, str] | None:
    """The last frame that ends a transaction, where it is not one that was being written at the end."""
    last = 0
    for frame in range(committed + 1, wal.frames + 1):
        head = os.pread(wal.descriptor, FRAME, wal.start(frame))
        same = (head[8:12] == wal.salts[:4]) + (head[12:16] == wal.salts[4:])
        if same == 1 or not any(head):  # no write leaves that
            return wal.start(frame), "has a damaged frame"
        if same == 2 and any(head[4:8]):
            last = frame
    if not last:
        return None
    first_bad = _first_bad(wal, committed, last)
    if first_bad == last and wal.size > wal.start(last + 1):
        return None  # it was being written over an older one
    return wal.start(first_bad), "has a damaged frame, and committed ones behind it"


def _first_bad(wal: Wal, committed: int, last: int) -> int:
    """The first frame up to `last` that fails its checksum; each sums up all before it."""
    checksum = wal.checksum
    if committed:
        head = os.pread(wal.descriptor, FRAME, wal.start(committed))
        checksum = struct.unpack(">II", head[16:24])
    for frame in range(committed + 1, min(last, committed + _MOST_CHECKED)):
        data = os.pread(wal.descriptor, FRAME + wal.page_size, wal.start(frame))
        if len(data) < FRAME + wal.page_size or data[8:16] != wal.salts:
            return frame
        checksum = _sum(data[FRAME:], _sum(data[:8], checksum, wal.order), wal.order)
        if checksum != struct.unpack(">II", data[16:24]):
            return frame
    return last


def _cut(wal: Wal) -> tuple[int, str] | None:
    """A frame of this -wal that the file's end cuts where no write ends."""
    start = wal.start(wal.frames + 1)
    head = os.pread(wal.descriptor, FRAME, start)
    if len(head) in (0, FRAME) and wal.size in (start, start + FRAME):
        return None  # header and page are written one after the other
    if wal.size % _SECTOR == 0 or head[8:16] != wal.salts[: len(head[8:16])]:
        return None
    return start, "ends within a frame"


def _sum(data: bytes, checksum: tuple[int, int], order: str) -> tuple[int, int]:
    """Go on with a checksum (section 4.2)."""
    first, second = checksum
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = first + even + second & 0xFFFFFFFF
        second = second + odd + first & 0xFFFFFFFF
    return first, second
