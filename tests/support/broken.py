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


class Places:
    """Directories that the log names by inode, so that it can name them again once the store was copied."""

    def __init__(self, sessions: Sessions) -> None:
        self._root = Path(sessions.store.root)
        found = (*self._root.glob("slots/*/data"), *self._root.glob("quarantine/*/*"))
        self._paths = {path.stat().st_ino: path for path in found}

    def rename(self) -> None:
        """Write the inodes into the log that the directories have now."""
        log = self._root / "operations.jsonl"
        text = log.read_text()
        for inode, path in self._paths.items():
            if path.exists():
                text = text.replace(f'"inode": {inode},', f'"inode": {path.stat().st_ino},')
        log.write_text(text)


def note(sessions: Sessions, **fields: object) -> None:
    """Change the slot's record."""
    records.write_record(sessions.store, "production", sessions.record._replace(**fields))  # type: ignore[arg-type]
