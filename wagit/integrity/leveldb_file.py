"""An open file of a LevelDB directory, read in parts, so that none is ever in memory whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from wagit.core.opening import open_to_read
from wagit.integrity.findings import Read, no_read


class Source:
    """Reads parts of a file; `read` is told of each, in bytes."""

    def __init__(self, file: BinaryIO, read: Read) -> None:
        self._descriptor = file.fileno()
        self._read = read
        self.size = os.fstat(self._descriptor).st_size

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`. Raises OSError, also when the file has become shorter."""
        data = os.pread(self._descriptor, end - start, start)
        while len(data) < end - start:  # Linux reads 2 GB at most at once
            more = os.pread(self._descriptor, end - start - len(data), start + len(data))
            if not more:
                raise OSError(errno.EIO, "It became shorter while it was read")
            data += more
        self._read(len(data))
        return data

    def blocks(self, length: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """From `start` to `end`, else all, in pieces of `length` bytes, the last one maybe shorter.

        Raises OSError.
        """
        end = self.size if end is None else end
        for position in range(start, end, length):
            yield self.part(position, min(position + length, end))


@contextmanager
def opened(directory: str, name: str, read: Read = no_read) -> Iterator[Source]:
    """Open a regular file, never through a link. Raises OSError."""
    with open(open_to_read(os.path.join(directory, name)), "rb", buffering=0) as file:
        yield Source(file, read)
