"""A slot's past: snapshots and operations of other days, as if they had been made then.

past = Past(sessions, "production", now)
past.snapshot(days=9, generation=3, size=10_000_000)
past.operation(days=8, verb="restore", snapshot="ab12")
"""

from __future__ import annotations

from typing import Any

from tests.support.sessions import Sessions
from wagit.core import journal
from wagit.core.journal import Operation
from wagit.snapshots import manifest
from wagit.snapshots.manifest import Header

DAY = 86400.0


class Past:
    """One slot's; `days` are before `now`."""

    def __init__(self, sessions: Sessions, slot: str, now: float) -> None:
        self._store = sessions.store
        self._slot = slot
        self._now = now
        self._number = 0

    def snapshot(self, days: float, generation: int, size: int, **fields: Any) -> str:
        """Keep a snapshot of no files; return its id."""
        self._number += 1
        header = Header(
            slot=self._slot, number=self._number, time=self._now - days * DAY, tag="clean", why="stop",
            message="", full=False, driver="baileys", generation=generation, branch="main", commit=None,
            account=None, device=None, browser=None, backend=None, files=3, size=size,
        )  # fmt: skip
        return manifest.write(self._store, header._replace(**fields), ()).id

    def operation(self, days: float, verb: str, cause: str = "run", **detail: Any) -> None:
        """Log an operation about the slot."""
        told = {"slot": self._slot, **detail}
        journal.record(self._store, Operation(self._now - days * DAY, verb, "/", None, cause, told))
