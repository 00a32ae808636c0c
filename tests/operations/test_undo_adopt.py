"""Taking an adoption back: the session moves to where it was."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import data_of
from tests.support.undoing import ok, refused, undo


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


@pytest.fixture
def adopted(sessions: Sessions) -> Sessions:
    """`old` was taken into the slot `taken`."""
    sessions.setup.repo.write("old/creds.json", creds(7))
    ok(sessions, "sessions", "adopt", "taken", "old")
    return sessions


def test_a_directory(adopted: Sessions) -> None:
    taken = Path(adopted.store.data("taken"))
    (taken / "pre-key-1.json").write_text("{}")  # the bot ran meanwhile
    done = undo(adopted)
    assert done["does"] == f"move the session of slot taken back to {adopted.path / 'old'}"
    assert (adopted.path / "old/creds.json").read_text() == creds(7)
    assert (adopted.path / "old/pre-key-1.json").exists()
    assert list(taken.iterdir()) == []
    undo(adopted, str(done["undo"]))
    assert (taken / "pre-key-1.json").exists()
    assert not (adopted.path / "old").exists()


def test_the_link_that_took_its_place_gives_way(tmp_path: Path) -> None:
    """`init` adopts what lies where the link is to be."""
    from tests.support.setup import CONFIG, Setup, make_repo

    setup = Setup(make_repo(tmp_path / "repo", CONFIG.replace("driver: wwebjs", "driver: baileys")))
    setup.repo.write("auth_info_baileys/creds.json", creds(7))
    sessions = Sessions(setup.init())
    link = sessions.path / "auth_info_baileys"
    assert link.is_symlink()
    done = undo(sessions)
    assert not link.is_symlink()
    assert (link / "creds.json").read_text() == creds(7)
    assert data_of(sessions.path, "status")["linked"] is False
    undo(sessions, str(done["undo"]))
    assert link.is_symlink()
    assert sessions.device == 7


def test_something_else_is_there_now(adopted: Sessions) -> None:
    (adopted.path / "old").mkdir()
    assert f"there is something at {adopted.path / 'old'} now" in refused(adopted)


def test_its_directory_is_gone(sessions: Sessions) -> None:
    sessions.setup.repo.write("deep/old/creds.json", creds(7))
    ok(sessions, "sessions", "adopt", "taken", "deep/old")
    (sessions.path / "deep").rmdir()
    assert "the directory" in refused(sessions)


def test_nothing_is_left_in_the_slot(adopted: Sessions) -> None:
    (Path(adopted.store.data("taken")) / "creds.json").unlink()
    assert refused(adopted).endswith("slot taken has no session any more")


def test_one_of_several_sessions(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo", driver="wwebjs")
    for name in ("ada", "bob"):
        sessions.setup.repo.write(f"auth/session-{name}/Default/Cookies", name)
    ok(sessions, "sessions", "adopt", "taken", "auth/session-ada")
    undo(sessions)
    assert (sessions.path / "auth/session-ada/Default/Cookies").read_text() == "ada"
    assert list(Path(sessions.store.data("taken")).iterdir()) == []


def test_a_database_with_its_journals(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo", driver="whatsmeow")
    path = sessions.path / "old.db"
    with sqlite3.connect(path) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table whatsmeow_device (jid text)")
    database.close()
    ok(sessions, "sessions", "adopt", "taken", "old.db")
    done = undo(sessions)
    assert path.is_file()
    assert list(Path(sessions.store.data("taken")).iterdir()) == []
    undo(sessions, str(done["undo"]))
    assert not path.exists()
    undo(sessions)
    with sqlite3.connect(path) as database:
        assert database.execute("select count(*) from whatsmeow_device").fetchone() == (0,)
    database.close()
