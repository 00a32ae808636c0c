"""A log that stays small: `bot.log`, and before it `bot.log.1`, `bot.log.2` and so on, the oldest last.

Rotation is renames alone, the oldest file first, so that a kill between two of them leaves a gap in the
numbers and every byte but those that were to go. One process writes; any number may read.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

LARGEST = 10_000_000  # bytes of one file
KEPT = 5  # files, with the one that is written
_CHUNK = 1 << 16


class RotatingLog:
    """Appends to `path`. Safe to use from any thread.

    A disk that takes no more never stops who writes: what does not fit is dropped, and `dropped` hears why,
    once until something is written again.
    """

    def __init__(self, path: str, dropped: Callable[[OSError], None], largest: int = LARGEST) -> None:
        self._path = path
        self._dropped = dropped
        self._largest = largest
        self._lock = threading.RLock()
        self._descriptor = -1
        self._size = 0
        self._failing = False
        self.last = b"\n"  # the last byte written

    def write(self, data: bytes) -> None:
        """Append bytes as they are; a line that does not fit any more begins the next file."""
        with self._lock:
            if not data:
                return
            try:
                self._append(data)
            except OSError as error:
                if not self._failing:
                    self._failing = True
                    self._dropped(error)
                self.close()
            else:
                self._failing = False

    def close(self) -> None:
        """Let go of the file; the next write opens it again."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1

    def _append(self, data: bytes) -> None:
        self._open()
        if self._size and self._size + len(data) > self._largest:
            end = data.rfind(b"\n", 0, max(0, self._largest - self._size)) + 1
            self._put(data[:end])
            data = data[end:]
            self.close()
            rotate(self._path)
            self._open()
        self._put(data)

    def _open(self) -> None:
        if self._descriptor < 0:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._descriptor = os.open(self._path, flags, 0o600)
            self._size = os.fstat(self._descriptor).st_size

    def _put(self, data: bytes) -> None:
        while data:
            written = os.write(self._descriptor, data)
            self._size += written
            self.last = data[written - 1 : written]
            data = data[written:]


def rotate(path: str, kept: int = KEPT) -> None:
    """Make room for a new file at `path`; with `kept` of them the oldest goes. Raises OSError."""
    free = next((n for n in range(1, kept) if not os.path.lexists(f"{path}.{n}")), kept - 1)
    for number in range(free, 1, -1):
        os.replace(f"{path}.{number - 1}", f"{path}.{number}")
    os.replace(path, f"{path}.1")


def files(path: str) -> list[str]:
    """The files of the log that are there, the oldest first."""
    numbered = [f"{path}.{number}" for number in range(KEPT - 1, 0, -1)]
    return [name for name in (*numbered, path) if os.path.exists(name)]


class Place(NamedTuple):
    """How far a log was read: the file by its inode, and the bytes of it; None before there is one."""

    inode: int | None = None
    offset: int = 0


def tail(path: str, lines: int) -> tuple[bytes, Place]:
    """The last `lines` lines of the log (0: all), and where to read on."""
    opened = _open_all(path)
    try:
        got = b""
        for descriptor in reversed(opened):
            end = os.fstat(descriptor).st_size
            while end and (not lines or got.count(b"\n", 0, -1) < lines):
                begin = max(0, end - _CHUNK)
                got = os.pread(descriptor, end - begin, begin) + got
                end = begin
        last = os.fstat(opened[-1]) if opened else None
        place = Place(last.st_ino, last.st_size) if last else Place()
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return (_last(got, lines) if lines else got), place


def _last(text: bytes, lines: int) -> bytes:
    """The last lines of it; they end at a newline alone, since a bot may draw over its line with `\\r`."""
    start = len(text) - text.endswith(b"\n")
    for _ in range(lines):
        start = text.rfind(b"\n", 0, start)
        if start < 0:
            return text
    return text[start + 1 :]


def since(path: str, place: Place) -> Iterator[tuple[bytes, Place]]:
    """What was written since `place`, also when the file was rotated meanwhile, and where to read on."""
    opened = _open_all(path)
    try:
        inodes = [os.fstat(descriptor).st_ino for descriptor in opened]
        start = inodes.index(place.inode) if place.inode in inodes else 0
        for number in range(start, len(opened)):
            offset = place.offset if inodes[number] == place.inode else 0
            while chunk := os.pread(opened[number], _CHUNK, offset):
                offset += len(chunk)
                yield chunk, Place(inodes[number], offset)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _open_all(path: str) -> list[int]:
    """Open every file of the log, the oldest first.

    The newest is opened first: one that is renamed meanwhile is met again under its next name, not missed.
    """
    found: dict[int, int] = {}
    for name in reversed([*(f"{path}.{number}" for number in range(KEPT - 1, 0, -1)), path]):
        with suppress(FileNotFoundError):
            descriptor = os.open(name, os.O_RDONLY)
            inode = os.fstat(descriptor).st_ino
            if inode in found:
                os.close(descriptor)
            else:
                found[inode] = descriptor
    return list(reversed(found.values()))
