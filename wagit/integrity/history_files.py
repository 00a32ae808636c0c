"""Compare files with what they were when the session was last known to be whole."""

from __future__ import annotations

import os
from typing import Literal

from wagit.core.copying import CHUNK
from wagit.core.opening import open_to_read
from wagit.integrity.findings import Known, Read

# `equal`; `grown`: it begins as it was then; `shorter`; `other`: its known part changed; `missing`.
Change = Literal["equal", "grown", "shorter", "other", "missing"]


def change_of(path: str, known: Known, read: Read) -> Change:
    """How a file differs from what is known of it; one that cannot be read is `missing`."""
    try:
        descriptor = open_to_read(path)
    except OSError:
        return "missing"
    try:
        return _change(descriptor, known, read)
    except OSError:
        return "missing"
    finally:
        os.close(descriptor)


def _change(descriptor: int, known: Known, read: Read) -> Change:
    size = os.fstat(descriptor).st_size
    if size < known.size:
        return "shorter"
    if _digest(descriptor, known.size, read) != known.digest:
        return "other"
    return "equal" if size == known.size else "grown"


def _digest(descriptor: int, size: int, read: Read) -> str:
    """BLAKE3 of an open file's first `size` bytes."""
    from blake3 import blake3

    hasher = blake3()
    buffer = memoryview(bytearray(min(CHUNK, size)))
    while size:
        count = os.readv(descriptor, [buffer[:size]])
        if not count:
            break
        hasher.update(buffer[:count])
        read(count)
        size -= count
    return str(hasher.hexdigest())
