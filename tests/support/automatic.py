"""Snapshots that wagit takes by itself: sessions for them, the processes that take them, what they took."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.support.processes import alive
from wagit.core.store import Store
from wagit.operations import after_switch
from wagit.snapshots import check, manifest
from wagit.snapshots.manifest import Manifest

# A session as far as a snapshot sees; that it is no login, no check minds.
FILE = "session/Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob/1/00/1"


class Automatic:
    """The store of a repository at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(str(path / ".git/wagit"))

    def fill(self, slot: str, text: str = "keys") -> Path:
        """Put a session into a slot, and return its file."""
        file = Path(self.store.data(slot)) / FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def late(self, slot: str) -> Path:
        """A file that a snapshot reads once all others are copied, while it holds the slot."""
        file = Path(self.store.data(slot)) / "session/Last Version"
        file.write_text("156.0.7444.59")
        return file

    def snapshots(self, slot: str) -> list[Manifest]:
        """A slot's snapshots, newest first; all of them are whole."""
        assert check.check_all(self.store) == {}
        listed = manifest.listing(self.store, slot).snapshots
        return [manifest.read(self.store, slot, identifier) for identifier, _ in listed]

    def at_work(self) -> list[int]:
        """The processes that snapshot a slot of this repository, without those that check what it left."""
        return [pid for pid in self._processes() if _leads_a_session(pid)]

    def end(self) -> None:
        """Kill whatever works in this repository, a snapshot or a check, before it is thrown away."""
        while found := self._processes():
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)

    def _processes(self) -> list[int]:
        words = {os.fsencode(after_switch.PROGRAM), os.fsencode(self.path)}
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
        return [pid for pid in pids if words <= set(_arguments(pid)) and alive(pid)]

    def left_behind(self) -> list[Path]:
        """What killed processes left in staging."""
        return [path for path in Path(self.store.staging()).iterdir() if path.is_dir()]


def _arguments(pid: int) -> list[bytes]:
    """A process's command line; psutil takes ten times as long for all that there are."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def _leads_a_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:  # it has ended since
        return False
