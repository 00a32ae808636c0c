"""Slots that have several logins, or had: what becomes of one does nothing to the others."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import sqlite_whatsmeow
from tests.support.linked_profile import LINKED, write_profile
from tests.support.sessions import Sessions, creds
from wagit.integrity.identity import LOCAL_STORAGE
from wagit.operations import before_start, bot_events, recover
from wagit.operations.examine import name_snapshot
from wagit.slots import holding
from wagit.snapshots import manifest as manifests
from wagit.snapshots import seal as seals


def start(sessions: Sessions) -> tuple[str, ...]:
    """What is told as a bot is about to start, which then opens the slot and ends."""
    context = sessions.context
    with holding.hold(sessions.store, "production", str(sessions.path), 0.0):
        said = recover.recover(context, "production")
        before_start.admit(context, "production")
        bot_events.close(sessions.store, "production", 0.0)
    return said


def devices(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM whatsmeow_device")
    return int(count)


def link_another(database: Path) -> None:
    """Copy the only device's row under another number."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        [row] = connection.execute("SELECT * FROM whatsmeow_device")
        row = ("4915100000002:3@s.whatsapp.net", *row[1:])
        connection.execute("INSERT INTO whatsmeow_device VALUES (" + ", ".join("?" * len(row)) + ")", row)


def test_a_second_login_in_a_database_is_no_lost_one(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo", "whatsmeow")
    database = sessions.data / "whatsmeow.db"
    sqlite_whatsmeow.write(database)
    assert start(sessions) == ()
    sessions.snapshot()
    assert sessions.record.device == "12"
    link_another(database)
    assert start(sessions) == ()
    assert devices(database) == 2


def test_the_log_out_of_one_of_several_logins_is_not_taken_for_the_first_ones(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo", "whatsmeow")
    database = sessions.data / "whatsmeow.db"
    sqlite_whatsmeow.write(database)
    start(sessions)
    link_another(database)
    start(sessions)
    sessions.snapshot()
    bot_events.tell(bot_events.path_of(sessions.store, "production"), bot_events.LOGGED_OUT, 0.0)
    os.truncate(database, 5000)
    [line] = start(sessions)
    assert "; restored snapshot " in line
    assert devices(database) == 2


@pytest.mark.parametrize("told", [(), (bot_events.LOGGED_OUT,)])
def test_another_login_s_files_mend_nothing(tmp_path: Path, told: tuple[str, ...]) -> None:
    sessions = Sessions.make(tmp_path / "repo")
    sessions.snapshot({"creds.json": creds(7)})
    start(sessions)
    for event in told:
        bot_events.tell(bot_events.path_of(sessions.store, "production"), event, 0.0)
    start(sessions)
    sessions.write({"creds.json": creds(9)})
    start(sessions)
    assert sessions.record.device == "9"
    sessions.write({"creds.json": ""})
    [line] = start(sessions)
    assert "; the slot starts empty: scan the QR code to link it; " in line


def test_of_two_databases_the_whole_one_is_kept_when_the_other_is_broken(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo", "whatsmeow")
    for name in ("a.db", "b.db"):
        sqlite_whatsmeow.write(sessions.data / name)
    seals.settle()
    start(sessions)
    sealed = manifests.read(sessions.store, "production", sessions.snapshot())
    name_snapshot(sessions.store, "production", sealed)  # as it is when the bot has ended
    (sessions.data / "a.db").write_bytes(bytes(5000))
    [line] = start(sessions)
    assert "; restored snapshot " in line
    assert (devices(sessions.data / "a.db"), devices(sessions.data / "b.db")) == (1, 1)


def test_a_login_that_goes_in_each_run_is_restored_once(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo")
    sessions.snapshot({"creds.json": creds(7)})
    start(sessions)
    sessions.write({}, remove=("creds.json",))
    [line] = start(sessions)
    assert "; restored snapshot " in line
    sessions.snapshot({"creds.json": creds(7) + " "}, hot=True)  # as the bot ran
    sessions.write({}, remove=("creds.json",))
    [line] = start(sessions)
    assert "so a snapshot of it is of no use" in line


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linked profile."""
    return write_profile(tmp_path_factory.mktemp("linked") / "session", LINKED)


@pytest.fixture
def sessions(tmp_path: Path, profile: Path) -> Sessions:
    """Two profiles in one slot, and a snapshot of both."""
    sessions = Sessions.make(tmp_path / "repo", "wwebjs")
    for name in ("session-a", "session-b"):
        shutil.copytree(profile, sessions.data / name, symlinks=True)
    start(sessions)
    sessions.snapshot()
    return sessions


@pytest.mark.browser
def test_of_two_profiles_the_whole_one_is_kept_when_the_other_is_broken(sessions: Sessions) -> None:
    shutil.rmtree(sessions.data / "session-a" / LOCAL_STORAGE)
    [line] = start(sessions)
    assert "; restored snapshot " in line
    assert {path.name for path in sessions.data.iterdir()} == {"session-a", "session-b"}
    assert start(sessions) == ()


@pytest.mark.parametrize("content", [b"no SQLite", b""])
def test_another_database_of_the_bot_does_nothing_to_the_login(tmp_path: Path, content: bytes) -> None:
    sessions = Sessions.make(tmp_path / "repo", "whatsmeow")
    sqlite_whatsmeow.write(sessions.data / "login.db")
    (sessions.data / "cache.db").write_bytes(b"as it was")
    sessions.snapshot()
    (sessions.data / "cache.db").write_bytes(content)
    (sessions.data / "a directory.db").mkdir()
    before = (sessions.data / "login.db").stat().st_ino
    assert start(sessions) == ()
    assert (sessions.data / "login.db").stat().st_ino == before
    os.truncate(sessions.data / "login.db", 5000)
    [line] = start(sessions)
    assert "login.db: " in line
    assert devices(sessions.data / "login.db") == 1
