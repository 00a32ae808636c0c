"""`wagit verify` of any directory, and of what is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.hooks import files_in
from tests.support.sessions import Sessions, creds
from tests.support.setup import refused, wagit
from tests.support.verifying import FATAL, database, finds, found, profile


def test_any_directory_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL,))
    folder = tmp_path / "elsewhere/auth"
    folder.mkdir(parents=True)
    (folder / "creds.json").write_text(creds(3))
    before = files_in(tmp_path)
    ran = wagit(tmp_path, "verify", "elsewhere/auth", "--json")
    told = json.loads(ran.stdout)["data"]
    assert ran.status == 12
    assert (told["slot"], told["path"], told["driver"], told["kept"]) == (None, str(folder), "baileys", None)
    assert (told["fast"], told["login"]["device"], told["login"]["matches"]) == (False, "3", None)
    assert f"wagit sessions adopt SLOT {folder}" in wagit(tmp_path, "verify", str(folder)).stdout
    assert files_in(tmp_path) == before


def test_a_directory_that_is_a_slots_data_is_that_slot(sessions: Sessions) -> None:
    for way in ("auth_info_baileys", str(sessions.data), "./auth_info_baileys/"):
        assert found(sessions, way)["slot"] == "production"


def test_a_slot_before_a_directory_of_that_name(sessions: Sessions) -> None:
    folder = sessions.path / "production"
    folder.mkdir()
    (folder / "creds.json").write_text(creds(3))
    assert found(sessions, "production")["slot"] == "production"
    assert found(sessions, "./production")["slot"] is None


@pytest.mark.parametrize(
    ("make", "name", "driver"),
    [(profile, "", "chromium"),
     (lambda path: profile(path / "session"), "", "wwebjs"),
     (lambda path: profile(path / "session-one"), "", "wwebjs"),
     (lambda path: profile(path / "session-one"), "session-one", "chromium"),
     (lambda path: profile(path / "sales"), "", "wppconnect"),
     (lambda path: database(path / "store.db"), "", "whatsmeow"),
     (lambda path: database(path / "store.db"), "store.db", "whatsmeow")],
    ids=["profile", "LocalAuth", "LocalAuth with a client id", "one of its profiles", "tokens",
         "folder with a database", "database"],
)  # fmt: skip
def test_whose_a_directory_is(tmp_path: Path, make: Callable[[Path], None], name: str, driver: str) -> None:
    at = tmp_path / "x"
    at.mkdir()
    make(at)
    told = json.loads(wagit(tmp_path, "verify", str(at / name), "--json").stdout)["data"]
    assert (told["driver"], told["path"]) == (driver, str(at / name))


def test_only_the_database_that_is_named(tmp_path: Path) -> None:
    for name in ("one.db", "two.db"):
        database(tmp_path / name)
    (tmp_path / "two.db").write_bytes((tmp_path / "two.db").read_bytes()[:5000])
    told = json.loads(wagit(tmp_path, "verify", "one.db", "--json").stdout)["data"]
    assert (told["profiles"], told["files"], told["essential"]) == (
        ["one.db"],
        1,
        (tmp_path / "one.db").stat().st_size,
    )
    assert {one["file"] for one in told["findings"]} <= {"one.db"}


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [(["nowhere"], "no-session", 2), (["."], "no-session", 2), (["--all", "production"], "usage", 2),
     (["--all", "--snapshots"], "usage", 2), (["--snapshots", "nowhere"], "no-such-slot", 1)],
)  # fmt: skip
def test_what_cannot_be_verified(sessions: Sessions, words: list[str], code: str, status: int) -> None:
    assert refused(sessions.path, "verify", *words) == (code, status)


def test_where_nothing_is_set_up(repo: GitRepo) -> None:
    for words in ([], ["--all"], ["--snapshots"]):
        assert refused(repo.path, "verify", *words) == ("no-store", 10)
    assert refused(repo.path, "verify", "dev") == ("no-session", 2)


def test_a_mistyped_slot(sessions: Sessions) -> None:
    ran = wagit(sessions.path, "verify", "prodution")
    assert "production" in ran.stderr
