"""Bots that tell when they start: each writes its slot to a FIFO as the first thing it does."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.clock import Sample
from benchmarks.stage import Stage

SECONDS = 60.0  # a bot that has not started by then never will
BOT = ("sh", "-c", 'echo "${WAGIT_SLOT:-none}" >"$FIFO"; exec sleep 1000')  # SIGTERM ends it at once
SLOTS = {"develop": "staging", "main": "dev"}


class _Word(NamedTuple):
    """What a bot said, and when it was heard, in nanoseconds of the monotonic clock."""

    slot: str
    at: int


class Followed(NamedTuple):
    """How long it took to the new bot's process: from git's start, and from its end (it may be earlier)."""

    from_start: Sample
    from_return: Sample
    git: Sample


class Bots:
    """The bots of one worktree, and the FIFO that tells of them."""

    def __init__(self, at: Stage, repo: Path) -> None:
        self._at, self._repo = at, repo
        self._branches = list(SLOTS)
        path = repo.with_suffix(".fifo")
        os.mkfifo(path)
        self._fifo = os.open(path, os.O_RDWR)  # writing too, so that a bot never waits for a reader
        self._words: queue.SimpleQueue[_Word] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._log = repo.with_suffix(".log").open("wb")
        self._environ = {**at.environ, "FIFO": str(path)}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Bots:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        os.write(self._fifo, b"\n")  # ends the listener
        self._log.close()

    def start(self, before: Sequence[str]) -> float:
        """Start a bot behind the words `before`, and return when it said its first; milliseconds."""
        start = time.perf_counter_ns()
        self._process = subprocess.Popen(
            [*before, *BOT], cwd=self._repo, env=self._environ, stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=self._log, start_new_session=True,
        )  # fmt: skip
        return (self._heard().at - start) / 1e6

    def start_once(self, before: Sequence[str]) -> Sample:
        """Measure from the start of the command to the bot's first word, and stop it again."""
        waited = self.start(before)
        self.stop()
        return Sample(waited)

    def switch(self) -> Followed:
        """Switch to the other branch, and wait for the new bot's first word."""
        branch = self._branches[0]
        self._branches.reverse()
        command = [self._at.git, "-C", str(self._repo), "switch", "-q", branch]
        start = time.perf_counter_ns()
        subprocess.run(command, env=dict(self._at.environ), stderr=self._log, check=True)
        returned = time.perf_counter_ns()
        heard = self._heard(SLOTS[branch]).at
        times = (heard - start, heard - returned, returned - start)
        return Followed(*(Sample(each / 1e6) for each in times))

    def stop(self) -> None:
        """Stop what `start` started, and wait for its end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(SECONDS)
            self._process = None

    def memory(self) -> float:
        """The memory of the process that `start` started, without its bot; MB."""
        assert self._process is not None
        return memory_of(self._process.pid)

    def _listen(self) -> None:
        """Note when each word comes: the main thread may be waiting for git meanwhile."""
        with open(self._fifo, encoding="utf-8") as fifo:
            for line in iter(fifo.readline, "\n"):
                self._words.put(_Word(line.strip(), time.perf_counter_ns()))

    def _heard(self, slot: str | None = None) -> _Word:
        """Wait for a bot's word; with `slot`, for the bot of that slot."""
        try:
            word = self._words.get(timeout=SECONDS)
            while slot is not None and word.slot != slot:
                word = self._words.get(timeout=SECONDS)
        except queue.Empty:
            said = Path(self._log.name).read_text()
            raise RuntimeError(f"no bot started; wagit said:\n{said}") from None
        return word


def memory_of(pid: int) -> float:
    """The proportional set size of a process in MB: shared pages count in parts."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no memory of {pid}")
