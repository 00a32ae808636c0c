"""What one bot writes, read in a thread of its own."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable

_CHUNK = 1 << 16
_QUIET = 0.05  # seconds without output after which a bot that has ended has nothing left to say


class OutputReader:
    """Hands each piece of output to `take`, until the bot and all its heirs have closed it.

    `reading` is the end of a pipe, or of a pty, that is ours; it stays the caller's to close. `last` is the
    last byte that was read, or empty.
    """

    def __init__(self, reading: int, take: Callable[[bytes], None]) -> None:
        self.last = b""
        self._reading = reading
        self._take = take
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._read, name="bot's output", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Return once what was written before this call is taken."""
        os.write(self._woken, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)

    def _read(self) -> None:
        watched = [self._reading, self._wake]
        while True:
            ready, _, _ = select.select(watched, [], [], None if len(watched) == 2 else _QUIET)
            if self._wake in ready:
                watched = [self._reading]
            elif not ready:
                return
            if self._reading in ready and not self._read_once():
                return

    def _read_once(self) -> bool:
        try:
            output = os.read(self._reading, _CHUNK)
        except OSError:  # of a pty Linux answers EIO once every bot's end is closed
            return False
        if output:
            self.last = output[-1:]
            self._take(output)
        return bool(output)
