"""What `wagit verify` tells of the browser that wrote a profile, and of its lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.sessions import Sessions
from tests.support.verifying import found, profile
from wagit.drivers.chromium import Chromium
from wagit.operations.verify_facts import is_older


@pytest.mark.parametrize(
    ("installed", "wrote", "older"),
    [("155.0.1", "156.0.0", True), ("156.0.10", "156.0.9", False), ("9.9", "10.0", True),
     ("156", None, False), (None, "156", False), ("156.0.1", "156.0.1", False)],
)  # fmt: skip
def test_an_older_browser(installed: str | None, wrote: str | None, older: bool) -> None:
    assert is_older(installed, wrote) is older


@pytest.fixture
def chromium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """A slot with a profile, of which nothing is read."""
    monkeypatch.setattr(Chromium, "check", lambda *_: [])
    sessions = Sessions.make(tmp_path / "repo", "chromium")
    profile(sessions.data)
    (sessions.data / "Default/Local Storage/leveldb/000003.log").write_bytes(b"x")
    (sessions.data / "Last Version").write_text("999.0.1.2")
    return sessions


def test_a_browser_that_is_older_than_the_profile(chromium: Sessions) -> None:
    told = found(chromium)
    assert told["browser"]["version"] == "999.0.1.2"
    assert "999.0.1.2 wrote it last" in told["notes"][0]
    (chromium.data / "Last Version").write_text("1.0")
    assert found(chromium)["notes"] == []


def test_another_kind_of_indexeddb_than_in_the_newest_snapshot(chromium: Sessions) -> None:
    (chromium.data / "Last Version").unlink()
    (chromium.data / "Default/IndexedDB/https_x_0.indexeddb.leveldb").mkdir(parents=True)
    chromium.snapshot()
    assert found(chromium)["notes"] == []
    os.rename(
        chromium.data / "Default/IndexedDB/https_x_0.indexeddb.leveldb",
        chromium.data / "Default/IndexedDB/https_x_0",
    )
    told = found(chromium)
    assert (told["browser"]["backend"], told["kept"]["newest"]["backend"]) == ("sqlite", "leveldb")
    assert "IndexedDB is kept in sqlite, in the newest snapshot in leveldb" in told["notes"][0]


@pytest.mark.parametrize(
    ("target", "says"),
    [(f"{os.uname().nodename}-999999999", "pid 999999999, which is gone"),
     ("elsewhere-7", "pid 7 on the host elsewhere"),
     ("nonsense", "not Chromium's")],
)  # fmt: skip
def test_what_a_lock_of_a_profile_says(chromium: Sessions, target: str, says: str) -> None:
    os.symlink(target, chromium.data / "SingletonLock")
    [line] = found(chromium)["locks"]["singletons"]
    assert says in line
