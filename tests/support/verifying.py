"""What tests of `wagit verify` have in common: checks that find what a test says, and sessions by hand.

finds(monkeypatch, (FATAL,))                       # from now on
told = found(sessions, "--all", status=12)         # the data of the JSON envelope
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.sessions import Sessions
from tests.support.setup import wagit
from wagit.drivers.baileys import Baileys
from wagit.integrity.findings import Finding
from wagit.operations import verify_look

FATAL = Finding("torn", "fatal", "creds.json", 7, "it is torn", "it costs the login", "cut", "it is cut")


def finds(monkeypatch: pytest.MonkeyPatch, *looks: tuple[Finding, ...]) -> None:
    """Have the checks find this, one look after the other, and the last for ever."""
    left = list(looks or [()])

    def check(_: Baileys, data: str, history: object, read: Callable[[int], object]) -> list[Finding]:
        del history
        read(sum(path.stat().st_size for path in Path(data).iterdir()))
        return list(left.pop(0) if len(left) > 1 else left[0])

    monkeypatch.setattr(Baileys, "check", check)
    monkeypatch.setattr(verify_look, "PAUSE", 0.0)


def found(sessions: Sessions, *arguments: str, status: int = 0) -> Any:
    """What `wagit verify --json` tells, which must end with this status."""
    ran = wagit(sessions.path, "verify", *arguments, "--json")
    assert (ran.status, ran.stderr) == (status, ""), ran
    return json.loads(ran.stdout)["data"]


def profile(path: Path) -> None:
    """A Chrome profile in which nothing is."""
    (path / "Default/Local Storage/leveldb").mkdir(parents=True)


def database(path: Path) -> None:
    """An SQLite file with a table of whatsmeow's."""
    with contextlib.closing(sqlite3.connect(path)) as opened:
        opened.execute("CREATE TABLE whatsmeow_device (jid TEXT)")
