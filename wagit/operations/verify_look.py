"""Look at a session again while somebody writes it: what is really damaged stays where it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from wagit.integrity.findings import Finding, Read, broken
from wagit.operations.examine import Examined
from wagit.snapshots.reading import Progress

LOOKS = 3
PAUSE = 0.2  # seconds between them: a record that was half written is whole by then

Check = Callable[[Read], Examined]


class Reader:
    """Counts the bytes that are read, from any thread, and tells of them."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.read = 0
        self._progress, self._total = progress, total
        self._lock = threading.Lock()
        self._since = time.perf_counter()

    def __call__(self, size: int) -> None:
        """Note that so many bytes were read."""
        with self._lock:
            self.read += size
            self._progress(min(self.read, self._total), self._total)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.perf_counter() - self._since


class Looked(NamedTuple):
    """What was found in the end, and what reading it took."""

    examined: Examined
    read: int
    seconds: float


def look(
    check: Check, live: Callable[[], bool], progress: Progress, total: int, pause: float = PAUSE
) -> Looked:
    """Check; beside a live writer what would be damage counts only if it is there at every look.

    A log's last record that is just being written, or a file that was merged away a moment ago, looks like
    damage, once. `total` is how many bytes are to be read.
    """
    reader = Reader(progress, total)
    done = check(reader)
    first = Looked(done, reader.read, reader.seconds)
    findings = done.findings
    for _ in range(LOOKS - 1):
        if not broken(findings) or not (live() or not done.steady):
            break
        time.sleep(pause)
        done = check(Reader(progress, total))
        findings = tuple(found for found in findings if _place(found) in map(_place, done.findings))
    return first._replace(examined=done._replace(findings=findings))


def _place(found: Finding) -> tuple[str, str, int | None]:
    return found.code, found.file, found.offset
