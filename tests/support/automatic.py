"""Snapshots that wagit takes by itself: sessions for them, the processes that take them, what they took."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

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

    def is_at_rest(self) -> bool:
        """Whether nothing works in this repository any more: neither a snapshot nor a check."""
        return not self._processes()

    def _processes(self) -> list[int]:
        words = {after_switch.PROGRAM, str(self.path)}
        found = psutil.process_iter(["cmdline"])
        return [one.pid for one in found if words <= set(one.info["cmdline"] or []) and alive(one.pid)]

    def left_behind(self) -> list[Path]:
        """What killed processes left in staging."""
        return [path for path in Path(self.store.staging()).iterdir() if path.is_dir()]


def _leads_a_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:  # it has ended since
        return False
