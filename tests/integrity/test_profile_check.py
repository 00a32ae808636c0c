"""Profiles as real Chromium leaves them, whole and with a part lost."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.linked_profile import LINKED, opened
from tests.support.privileges import as_nobody
from wagit.drivers.chromium import Chromium
from wagit.drivers.wwebjs import WhatsappWebJs
from wagit.integrity import profile_check, profile_files
from wagit.integrity.findings import NO_HISTORY, Finding, no_read
from wagit.integrity.identity import INDEXED_DB, LOCAL_STORAGE
from wagit.integrity.indexed_db import names_in_leveldb
from wagit.integrity.profile_check import LEVELDB, check_profile

pytestmark = pytest.mark.browser


def found(profile: Path) -> list[tuple[str, str, str]]:
    return [(item.code, item.severity, item.file) for item in check_profile(str(profile), NO_HISTORY)]


@pytest.fixture
def profile(linked_profile: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(linked_profile, tmp_path / "profile", symlinks=True))


def test_a_linked_one_is_whole(profile: Path) -> None:
    assert found(profile) == []
    assert names_in_leveldb(str(profile / LEVELDB)) == {"wawc"}


def test_one_that_never_saw_whatsapp_is_whole(tmp_path: Path) -> None:
    assert found(tmp_path / "none") == []
    (tmp_path / "Default").mkdir()
    assert found(tmp_path) == []


class TestHalves:
    @pytest.mark.parametrize(("gone", "file"), [(LOCAL_STORAGE, LOCAL_STORAGE), (LEVELDB, INDEXED_DB)])
    def test_one_without_the_other_is_fatal(self, profile: Path, gone: str, file: str) -> None:
        shutil.rmtree(profile / gone)
        assert found(profile) == [("login-half", "fatal", file)]

    def test_a_profile_without_both_is_whole(self, profile: Path) -> None:
        shutil.rmtree(profile / LOCAL_STORAGE)
        shutil.rmtree(profile / LEVELDB)
        assert found(profile) == []

    def test_a_login_that_chromium_wiped_is_no_log_out(self, profile: Path) -> None:
        (manifest,) = (profile / LEVELDB).glob("MANIFEST-*")
        content = bytearray(manifest.read_bytes())
        content[3] ^= 1
        manifest.write_bytes(content)
        with opened(profile) as page:  # deletes all of IndexedDB, and makes a new one
            page.evaluate("() => new Promise((done) => { indexedDB.open('other').onsuccess = done; })")
        assert found(profile) == [("indexeddb-wiped", "fatal", LEVELDB)]

    def test_a_log_out_is_no_damage(self, profile: Path) -> None:
        with opened(profile) as page:
            page.evaluate("(keys) => keys.forEach((key) => localStorage.removeItem(key))", list(LINKED))
            page.evaluate(
                "() => new Promise((done) => { indexedDB.deleteDatabase('wawc').onsuccess = done; })"
            )
        assert found(profile) == []


def test_another_sites_damage_is_a_warning(profile: Path) -> None:
    other = profile / "Default/IndexedDB/https_example.org_0.indexeddb.leveldb"
    shutil.copytree(profile / LEVELDB, other)
    (other / "CURRENT").write_bytes(b"nonsense\n")
    ((_, severity, file),) = found(profile)
    assert (severity, file) == ("warning", str((other / "CURRENT").relative_to(profile)))


def test_a_session_beyond_the_budget_is_a_warning(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_check, "BUDGET", profile_files.essential_size(str(profile)) - 1)
    assert found(profile) == [("size-budget", "warning", "Default")]


def test_files_that_this_user_cannot_write_are_fatal() -> None:
    def run(root: Path) -> None:
        current = root / LEVELDB / "CURRENT"
        current.parent.mkdir(parents=True)
        current.touch(0o400)
        assert ("not-writable", "fatal", f"{LEVELDB}/CURRENT") in found(root)

    as_nobody(run)


class TestLock:
    @staticmethod
    def check(profile: Path, target: str) -> list[Finding]:
        (profile / "SingletonLock").symlink_to(target)
        return Chromium().check(str(profile), NO_HISTORY, no_read)

    def test_a_dead_browsers_is_dropped(self, profile: Path) -> None:
        ended = subprocess.Popen(["true"])
        ended.wait()
        (item,) = self.check(profile, f"{socket.gethostname()}-{ended.pid}")
        assert (item.code, item.severity, item.mend, item.file) == (
            "lock-stale",
            "warning",
            "drop",
            "SingletonLock",
        )

    def test_another_hosts_is_named(self, profile: Path) -> None:
        (item,) = self.check(profile, "elsewhere-7")
        assert (item.code, item.severity, item.mend) == ("lock-elsewhere", "warning", None)
        assert "elsewhere" in item.what

    def test_a_live_browsers_is_named(self, profile: Path) -> None:
        with opened(profile):
            assert "lock-live" in {item.code for item in Chromium().check(str(profile), NO_HISTORY, no_read)}


def test_findings_are_relative_to_the_data(profile: Path, tmp_path: Path) -> None:
    os.rename(profile, tmp_path / "session-a")
    shutil.rmtree(tmp_path / "session-a" / LOCAL_STORAGE)
    (item,) = WhatsappWebJs().check(str(tmp_path), NO_HISTORY, no_read)
    assert item.file == f"session-a/{LOCAL_STORAGE}"
