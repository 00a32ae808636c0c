"""Follow a file to which a bot appends lines: it needs no reader, and may be replaced at any time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress

from wagit.bots.lines import Lines
from wagit.core.opening import regular

EVERY = 0.5  # seconds between looks at the file's size: some microseconds each
_MOST = 1 << 20  # bytes that are read at once


class FileObserver:
    """Calls `line` with each whole line of the file at `path`, from its beginning on, in a thread of its own.

    A file in its place is read from its beginning, too. A last line without an end is awaited.
    """

    def __init__(self, path: str, line: Callable[[str], None], every: float = EVERY) -> None:
        self._path = path
        self._every = every
        self._listener = line
        self._lines = Lines()
        self._at = 0
        self._inode: int | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observe file", daemon=True)

    def start(self) -> None:
        """Return at once."""
        self._thread.start()

    def stop(self) -> None:
        """Tell what has been written until now, and nothing any more: a bot's last words count most."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        self._lines.listen(self._listener)
        while not self._stopped.wait(self._every):
            self._look()
        self._look()

    def _look(self) -> None:
        with suppress(OSError):
            found = os.stat(self._path)
            if found.st_ino != self._inode or found.st_size < self._at:
                if self._at:
                    self._lines.feed(b"\n")  # ends what was torn
                self._inode, self._at = found.st_ino, 0
            if found.st_size > self._at:
                self._read()

    def _read(self) -> None:
        with open(self._path, "rb", opener=regular) as file:
            file.seek(self._at)
            while chunk := file.read(_MOST):
                self._at += len(chunk)
                self._lines.feed(chunk)
