"""What an SQLite database holds, its journal, and what is no database at all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import sqlite_whatsmeow as whatsmeow
from tests.support.sqlite_damage import DAMAGES, PAGE, copy_of
from wagit.integrity.findings import broken
from wagit.integrity.sqlite_check import check_sqlite
from wagit.integrity.sqlite_check_whatsmeow import check_whatsmeow
from wagit.integrity.sqlite_copy import query


class TestJournal:
    """A half-written change in a database without a -wal, with cache pages written before the kill."""

    @pytest.fixture
    def hot(self, tmp_path: Path) -> Path:
        connection = whatsmeow.make(str(tmp_path / "live.db"))
        connection.execute("PRAGMA synchronous = NORMAL")  # only then the journal counts its pages
        connection.execute("PRAGMA cache_size = 5")
        connection.execute("BEGIN")
        connection.execute("UPDATE whatsmeow_sessions SET session = randomblob(600)")
        database = copy_of(tmp_path / "live.db", tmp_path)
        connection.close()
        assert Path(f"{database}-journal").stat().st_size > 10 * PAGE
        return database

    def test_one_is_no_finding(self, hot: Path) -> None:
        assert check_whatsmeow(str(hot), "store.db") == []

    @pytest.mark.parametrize("damage", ["half", "flipped at the start"])
    def test_damage_to_it_is_found(self, hot: Path, damage: str) -> None:
        journal = Path(f"{hot}-journal")
        DAMAGES[damage](journal, journal)
        found = check_whatsmeow(str(hot), "store.db")
        assert ("sqlite-journal", "store.db-journal") in {(item.code, item.file) for item in found}


def changed(directory: Path, statement: str) -> Path:
    """A whole database of whatsmeow, but for what an SQL statement did to it."""
    database = whatsmeow.write(directory / "store.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(statement)
    return database


class TestDevice:
    @pytest.mark.parametrize("column", ["identity_key", "signed_pre_key", "signed_pre_key_sig"])
    def test_keys_must_prove_each_other(self, tmp_path: Path, column: str) -> None:
        database = changed(tmp_path, f"UPDATE whatsmeow_device SET {column} = zeroblob(length({column}))")
        assert [item.code for item in check_whatsmeow(str(database), "store.db")] == ["whatsmeow-keys"]

    def test_keys_must_have_their_lengths(self, tmp_path: Path) -> None:
        database = changed(tmp_path, "UPDATE whatsmeow_device SET adv_details = x''")
        (found,) = check_whatsmeow(str(database), "store.db")
        assert "adv_details" in found.what

    def test_no_device_is_whole(self, tmp_path: Path) -> None:
        database = changed(tmp_path, "DELETE FROM whatsmeow_device")
        assert check_whatsmeow(str(database), "store.db") == []

    def test_a_table_that_is_missing_is_named(self, tmp_path: Path) -> None:
        database = changed(tmp_path, "DROP TABLE whatsmeow_sessions")
        (found,) = check_whatsmeow(str(database), "store.db")
        assert (found.code, found.severity) == ("sqlite-table-missing", "fatal")
        assert "whatsmeow_sessions" in found.what


def test_a_database_that_does_not_exist_yet_is_whole(tmp_path: Path) -> None:
    assert check_sqlite(str(tmp_path / "none.db"), "none.db") == []
    (tmp_path / "empty.db").touch()
    assert check_sqlite(str(tmp_path / "empty.db"), "empty.db") == []


@pytest.mark.parametrize("part", ["", "-wal", "-journal"])
def test_pipes_and_directories_are_not_waited_for(tmp_path: Path, part: str) -> None:
    database = whatsmeow.write(tmp_path / "store.db")
    Path(f"{database}{part}").unlink(missing_ok=True)
    os.mkfifo(f"{database}{part}")
    found = check_whatsmeow(str(database), "store.db")
    assert broken(found) or (part and not found)


def test_endless_work_in_a_schema_ends(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    path = tmp_path / "store.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute(f"CREATE VIEW sqlite AS {endless}")
    connection.commit()
    connection.close()
    found = check_sqlite(str(path), "store.db", inspect=lambda asked, _: list(asked.execute(endless)))
    assert [item.code for item in found] == ["sqlite-not-checked"]


def test_words_that_are_no_utf_8_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE abcdef (a)")
    connection.commit()
    connection.close()
    content = path.read_bytes().replace(b"abcdef", b"\xff\xfecdef").replace(b"CREATE", b"CREATX")
    path.write_bytes(content)  # SQLite names what it does not understand
    assert query(str(path), "SELECT * FROM abcdef")[1]
    assert broken(check_sqlite(str(path), "store.db"))


def test_whole_frames_that_were_cut_off_are_missed_by_the_shm(tmp_path: Path) -> None:
    database = whatsmeow.write_killed(tmp_path / "store.db")
    wal = Path(f"{database}-wal")
    os.truncate(wal, wal.stat().st_size - 10 * (PAGE + 24))
    (found,) = check_whatsmeow(str(database), "store.db")
    assert (found.code, found.severity, found.file) == ("sqlite-wal", "loss", "store.db-wal")
    assert "committed frames" in found.what
