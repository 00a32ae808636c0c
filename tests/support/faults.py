"""What a killed wagit leaves on a slot, made without one: processes that inherited the lock of a dead holder.

with left_running(store, "dev", POLITE) as bot:      # a Python program; returns once it says a line
    ...
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from wagit.core.locks import Holder, acquire
from wagit.core.processes import host_name, start_time
from wagit.core.store import Store

POLITE = (
    "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('on', flush=True)\n"
)
WAIT = "while True: signal.pause()"


class LeftRunning:
    """A bot of a dead wagit. It must not be our zombie when it has ended: `poll` lets go of it."""

    def __init__(self, process: subprocess.Popen[str], said: IO[str]) -> None:
        self.process = process
        self.pid = process.pid
        self._said = said

    def line(self) -> str:
        """The next line that it says."""
        return self._said.readline().rstrip("\n")

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self.process.poll()


def dead_holder(host: str = "", worktree: str = "/") -> Holder:
    """A `wagit run` of this host, unless another is named, that has ended."""
    ended = subprocess.Popen(["true"])
    started = start_time(ended.pid) or 0.0
    ended.wait()
    return Holder(host or host_name(), ended.pid, started, "wagit run", worktree, time.time())


@contextmanager
def left_running(
    store: Store, slot: str, source: str, *, holder: Holder | None = None
) -> Iterator[LeftRunning]:
    """Run a Python program as the bot of a holder, by default a dead one; killed at the end."""
    with acquire(store.lock(slot), holder or dead_holder()) as lock:
        process = subprocess.Popen(
            [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, start_new_session=True,
            pass_fds=(lock.descriptor,),
        )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as said:
        bot = LeftRunning(process, said)
        try:
            assert bot.line() == "on"
            yield bot
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
