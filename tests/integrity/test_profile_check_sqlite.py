"""Chromium's newer IndexedDB, in SQLite, written by a Chromium that has it (about version 140 and later)."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.linked_profile import LINKED, opened
from wagit.browser.profile import browser_of
from wagit.browser.waiting import wait_for_exit
from wagit.integrity.findings import NO_HISTORY, broken
from wagit.integrity.identity import INDEXED_DB
from wagit.integrity.indexed_db import WHATSAPPS, files_in, names_in_sqlite
from wagit.integrity.profile_check import LEVELDB, check_profile

pytestmark = pytest.mark.browser

SQLITE = "--enable-features=IdbSqliteBackingStore"  # content/public/common/content_features.cc
LINK = """async ([values, names]) => {
  for (const [key, value] of Object.entries(values)) localStorage.setItem(key, value);
  for (const name of names) await new Promise((done, failed) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
    opening.onerror = failed;
    opening.onsuccess = () => {
      const writing = opening.result.transaction('rows', 'readwrite');
      for (let row = 0; row < 200; row++) writing.objectStore('rows').put('x'.repeat(400), row);
      writing.oncomplete = () => { opening.result.close(); done(); };
    };
  });
}"""
WRITE = """() => {
  const opening = indexedDB.open('wawc');
  let written = 0;
  opening.onsuccess = () => {
    const write = () => {
      const writing = opening.result.transaction('rows', 'readwrite');
      for (let row = 0; row < 20; row++) writing.objectStore('rows').put('y'.repeat(900), ++written + 1000);
      writing.oncomplete = () => { window.written = written; write(); };
    };
    write();
  };
}"""
NAMES = "async () => (await indexedDB.databases()).map((it) => it.name)"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    profile = tmp_path_factory.mktemp("sqlite") / "profile"
    with opened(profile, SQLITE) as page:
        page.evaluate(LINK, [LINKED, list(WHATSAPPS)])
    if not (profile / INDEXED_DB).is_dir():
        pytest.skip("this Chromium has no IndexedDB in SQLite")
    return profile


@pytest.fixture
def profile(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "profile", symlinks=True))


def codes(profile: Path) -> list[str]:
    return [item.code for item in check_profile(str(profile), NO_HISTORY)]


def database(profile: Path) -> Path:
    return profile / INDEXED_DB / files_in(str(profile / INDEXED_DB))[0]


def test_one_is_whole_and_its_databases_are_known_by_name(profile: Path) -> None:
    assert codes(profile) == []
    assert names_in_sqlite(str(profile / INDEXED_DB)) == set(WHATSAPPS)
    with opened(profile, SQLITE) as page:
        assert sorted(page.evaluate(NAMES)) == sorted(WHATSAPPS)


def test_what_a_kill_amid_writing_leaves_is_whole_and_opens(profile: Path) -> None:
    with opened(profile, SQLITE) as page:
        page.evaluate(WRITE)
        page.wait_for_function("window.written > 500", polling=50)
        process = browser_of(str(profile))
        assert process
        os.kill(process.pid, signal.SIGKILL)
        assert wait_for_exit(process.pid, 20.0)
    assert any(path.name.endswith("-wal") for path in (profile / INDEXED_DB).iterdir())
    assert codes(profile) == []
    with opened(profile, SQLITE) as page:
        assert sorted(page.evaluate(NAMES)) == sorted(WHATSAPPS)


@pytest.mark.parametrize(
    ("at", "code"), [(0, "sqlite-header"), (18, "sqlite-header"), (4096 + 4, "sqlite-corrupt")]
)
def test_a_damaged_page_is_found(profile: Path, at: int, code: str) -> None:
    file = database(profile)
    content = bytearray(file.read_bytes())
    content[at] ^= 0x40
    file.write_bytes(content)
    assert codes(profile) == [code]


def test_a_database_that_was_cut_is_found(profile: Path) -> None:
    file = database(profile)
    os.truncate(file, file.stat().st_size - 300)
    assert "sqlite-truncated" in codes(profile)


def test_databases_that_are_gone_are_a_lost_login(profile: Path) -> None:
    shutil.rmtree(profile / INDEXED_DB)
    assert codes(profile) == ["login-half"]


def test_both_layouts_are_a_warning(profile: Path, linked_profile: Path) -> None:
    shutil.copytree(linked_profile / LEVELDB, profile / LEVELDB)
    found = check_profile(str(profile), NO_HISTORY)
    assert [item.code for item in found] == ["two-layouts"]
    assert not broken(found)


def test_the_other_layout_is_deleted_by_a_browser_of_one_backend(profile: Path) -> None:
    """Why both layouts, and the wrong browser, are worth a warning."""
    with opened(profile) as page:
        assert page.evaluate(NAMES) == []
    assert files_in(str(profile / INDEXED_DB)) == []
    assert codes(profile) == ["login-half"]
