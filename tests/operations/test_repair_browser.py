"""Damage to a real Chromium's profile is mended, so that Chromium finds the login twice in a row."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.linked_profile import LINKED, opened, read_profile, write_profile
from tests.support.sessions import Sessions
from tests.support.setup import Setup, data_of
from wagit.drivers import registry
from wagit.integrity.identity import INDEXED_DB
from wagit.operations.examine import examine

pytestmark = pytest.mark.browser

DATABASE = f"{INDEXED_DB}.indexeddb.leveldb"
ROW = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('wawc', 1);
  opening.onsuccess = () => {
    const writing = opening.result.transaction('user', 'readwrite');
    writing.objectStore('user').put('x'.repeat(5000), 'row');
    writing.oncomplete = () => resolve(opening.result.close());
    writing.onerror = reject;
  };
})"""


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile whose last write is a row that the login does without."""
    profile = write_profile(tmp_path_factory.mktemp("linked") / "session")
    with opened(profile) as page:
        page.evaluate(ROW)
    return profile


@pytest.fixture
def sessions(linked: Path, tmp_path: Path) -> Sessions:
    made = Sessions(Setup.make(tmp_path / "repo"))
    shutil.copytree(linked, made.data / "session", symlinks=True)
    return made


def of_database(sessions: Sessions, pattern: str) -> Path:
    """The newest file of the database that matches."""
    return max((sessions.data / "session" / DATABASE).glob(pattern))


def repaired(sessions: Sessions, code: str) -> Path:
    """Where the broken data is once it is mended, and has proved so to Chromium."""
    done = data_of(sessions.path, "repair", "--yes")
    assert (done["outcome"], code in [one["code"] for one in done["findings"]]) == ("mended", True), done
    assert examine(sessions.store, "production", 1.0).fast
    identity = registry.get("wwebjs").identity(str(sessions.data))
    assert identity is not None
    assert (identity.account, identity.device) == ("+4915100000001", "12")
    for _ in range(2):
        values, databases = read_profile(sessions.data / "session")
        assert {key: values[key] for key in LINKED} == LINKED
        assert "wawc" in databases
    return Path(done["aside"])


def test_a_torn_tail_is_cut(sessions: Sessions) -> None:
    log = of_database(sessions, "*.log")
    size = log.stat().st_size - 7
    os.truncate(log, size)
    aside = repaired(sessions, "leveldb-torn-tail")
    assert (aside / log.relative_to(sessions.data)).stat().st_size == size


def test_a_damaged_current_names_the_manifest_that_is_there(sessions: Sessions) -> None:
    of_database(sessions, "CURRENT").write_bytes(b"")
    repaired(sessions, "leveldb-current")


def test_a_damaged_manifest_comes_from_a_snapshot(sessions: Sessions) -> None:
    data_of(sessions.path, "snapshot")
    manifest = of_database(sessions, "MANIFEST-*")
    content = bytearray(manifest.read_bytes())
    content[len(content) // 2] ^= 1
    manifest.write_bytes(content)
    log = of_database(sessions, "*.log")
    os.truncate(log, log.stat().st_size - 7)  # more than the damaged file changed: the snapshot is older
    aside = repaired(sessions, "leveldb-manifest")
    assert (aside / manifest.relative_to(sessions.data)).read_bytes() == content
