"""Baileys sessions that are broken, and what wagit keeps of them.

sessions.write(CUT)                          # a snapshot of the same login mends it
assert quarantined(sessions) == [CUT]        # afterwards
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.sessions import Sessions, contents, creds
from wagit.core.locks import HeldLock
from wagit.integrity.findings import Finding, Mend
from wagit.slots import holding, records
from wagit.snapshots import manifest as manifests

CUT = {"creds.json": creds(7)[:100]}


def hold(sessions: Sessions) -> HeldLock:
    """Hold the slot `production`, as who starts a bot does."""
    return holding.hold(sessions.store, "production", str(sessions.path), 0.0)


def found(mend: Mend | None, file: str, offset: int | None = None) -> Finding:
    """A finding that costs the login."""
    return Finding("made-up", "fatal", file, offset, "is not as it should be", "", mend, "")


def quarantined(sessions: Sessions, slot: str = "production") -> list[dict[str, str]]:
    """The contents of each directory that was set aside, oldest first."""
    place = Path(sessions.store.quarantine(slot))
    return [contents(path) for path in sorted(place.iterdir())] if place.is_dir() else []


def snapshots(sessions: Sessions) -> list[str]:
    """The ids of the slot's snapshots, newest first."""
    return [identifier for identifier, _ in manifests.listing(sessions.store, "production").snapshots]


def rot(sessions: Sessions, snapshot: str, name: str = "creds.json") -> None:
    """Flip a bit of a file that only this snapshot has."""
    entry = next(e for e in manifests.read(sessions.store, "production", snapshot).entries if e.path == name)
    path = Path(sessions.store.objects(), entry.digest[:2], entry.digest[2:])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    os.chmod(path, 0o600)
    path.write_bytes(content)


def note(sessions: Sessions, **fields: object) -> None:
    """Change the slot's record."""
    records.write_record(sessions.store, "production", sessions.record._replace(**fields))  # type: ignore[arg-type]
