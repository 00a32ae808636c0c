"""Hold a process at the moment it opens a file, by a lease on the file (fcntl(2), F_SETLEASE).

with held_at(data / "creds.json") as held:
    ...                    # start what opens it
    held.reached()         # it hangs in open(2) now, and goes on at the end of the block
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import eventually

needs_leases = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leases on files")


class Held:
    """A file that nobody else gets open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def reached(self) -> None:
        """Wait until a process hangs in opening it; the kernel lets go after 45 s."""
        eventually(lambda: fcntl.fcntl(self._descriptor, fcntl.F_GETLEASE) != fcntl.F_WRLCK)


@contextmanager
def held_at(path: Path) -> Iterator[Held]:
    """Let nobody open `path` within the block; skips where the file system has no leases."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # which tells of the first who tries
    descriptor = os.open(path, os.O_RDWR)
    try:
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError as error:
            pytest.skip(f"no leases here: {error}")
        yield Held(descriptor)
    finally:
        os.close(descriptor)
        signal.signal(signal.SIGIO, before)
