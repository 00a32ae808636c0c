"""A browser that this process started, from its start to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from wagit.browser.helpers import Helpers

ANNOUNCED = b"DevTools listening on "
_LINES = 5  # the last of them tell why a browser did not start


class Process:
    """A browser in a session of its own; nothing of ours is open in it.

    `ended` is called in a thread of its own with the exit status, negative for a signal's. Raises OSError
    when the program cannot be started.
    """

    def __init__(
        self, command: Sequence[str], cwd: str, environ: Mapping[str, str], ended: Callable[[int], None]
    ) -> None:
        self._popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self._helpers = Helpers(self.pid)
        self._tell_end = ended
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._endpoint = ""
        self._settled = threading.Event()  # it told its endpoint, or ended
        self._ended = threading.Event()
        threading.Thread(target=self._read, name=f"browser {self.pid} says", daemon=True).start()
        threading.Thread(target=self._await, name=f"browser {self.pid}", daemon=True).start()

    def _read(self) -> None:
        """Read to the end, or the browser would stand still once the pipe is full."""
        assert self._popen.stderr is not None
        with self._popen.stderr as lines:
            for line in lines:
                if line.startswith(ANNOUNCED):
                    self._endpoint = line[len(ANNOUNCED) :].decode(errors="replace").strip()
                    self._settled.set()
                elif line.strip():
                    self._lines.append(line.strip())

    def _await(self) -> None:
        status = self._popen.wait()
        self._helpers.await_end()
        self._ended.set()
        self._settled.set()
        self._tell_end(status)

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal's; None while it runs."""
        return self._popen.returncode if self._ended.is_set() else None

    def endpoint(self, timeout: float) -> str:
        """Where its DevTools listen; empty when it ended, or told nothing for `timeout` seconds."""
        self._settled.wait(timeout)
        return "" if self._ended.is_set() else self._endpoint

    def last_line(self) -> str:
        """The last that it said, for people."""
        return self._lines[-1].decode(errors="replace") if self._lines else "it said nothing"

    def wait(self, timeout: float) -> bool:
        """Wait until it has ended; whether it has."""
        return self._ended.wait(timeout)

    def interrupt(self) -> None:
        """Ask it to end, once: it then writes all it has (wagit.browser.stop)."""
        with suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it, and its helpers, by force."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._ended.wait()


def memory_of(pid: int) -> int:
    """Bytes that a process and its descendants take: what they share counts once where the system tells."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_memory(each) for each in family)


def is_used(pid: int, endpoint: str) -> bool:
    """Whether anybody but this process is connected to a browser's DevTools."""
    import psutil

    port = urlsplit(endpoint).port
    try:
        connected = psutil.Process(pid).net_connections(kind="tcp")
        ours = psutil.Process().net_connections(kind="tcp")
    except psutil.Error:
        return False
    ends = [one for one in connected if one.laddr.port == port and one.status == psutil.CONN_ESTABLISHED]
    return len(ends) > sum(bool(one.raddr) and one.raddr.port == port for one in ours)


def _memory(process: object) -> int:
    import psutil

    assert isinstance(process, psutil.Process)
    try:
        full = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(full, "pss", full.rss))
