"""whatsmeow's database, damaged in every way: found, or harmless because SQLite reads all rows as before."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.support import sqlite_whatsmeow as whatsmeow
from tests.support.long import long, longer
from wagit.integrity.findings import broken
from wagit.integrity.sqlite_check import check_sqlite
from wagit.integrity.sqlite_check_whatsmeow import check_whatsmeow
from wagit.integrity.sqlite_copy import query

PARTS = ("", "-wal", "-journal", "-shm")
PAGE = 4096
Damage = Callable[[Path, Path], object]


def flip(place: Callable[[int], int]) -> Damage:
    def do(file: Path, _: Path) -> None:
        content = bytearray(file.read_bytes())
        content[place(len(content))] ^= 0x10
        file.write_bytes(content)

    return do


def zero(page: Callable[[int], int]) -> Damage:
    def do(file: Path, _: Path) -> None:
        content = bytearray(file.read_bytes())
        start = page(len(content) // PAGE) * PAGE
        content[start : start + PAGE] = bytes(len(content[start : start + PAGE]))
        file.write_bytes(content)

    return do


def cut(count: int) -> Damage:
    return lambda file, _: file.write_bytes(file.read_bytes()[:-count])


DAMAGES: dict[str, Damage] = {
    "deleted": lambda file, _: file.unlink(),
    "empty": lambda file, _: file.write_bytes(b""),
    "half": lambda file, _: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "cut by 1": cut(1),
    "cut by 300": cut(300),
    "flipped at the start": flip(lambda size: 20),  # noqa: ARG005
    "flipped in the middle": flip(lambda size: size // 2),
    "flipped at the end": flip(lambda size: size - 1),
    "first page zeroed": zero(lambda pages: 0),  # noqa: ARG005
    "page zeroed": zero(lambda pages: pages // 2),
    "last page zeroed": zero(lambda pages: pages - 1),
    "garbage appended": lambda file, _: file.write_bytes(file.read_bytes() + Random(1).randbytes(5000)),
    "swapped": lambda file, other: shutil.copy(other, file),
}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database whose bot was killed, with most of its rows in the database already."""
    return whatsmeow.write_killed(tmp_path_factory.mktemp("killed") / "store.db", checkpoint=40, rows=60)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whatsmeow.write_killed(tmp_path_factory.mktemp("other") / "store.db", 99, checkpoint=30, rows=80)


def copy_of(database: Path, directory: Path, parts: tuple[str, ...] = PARTS) -> Path:
    for part in parts:
        if os.path.exists(f"{database}{part}"):
            shutil.copy(f"{database}{part}", directory / f"store.db{part}")
    return directory / "store.db"


def is_a_value(before: list[tuple[object, ...]], after: list[tuple[object, ...]] | None) -> bool:
    """Whether one value changed and kept its length: of that SQLite keeps no checksum outside a -wal."""
    if after is None or len(before) != len(after):
        return False
    changed = [
        (a, b)
        for one, two in zip(before, after, strict=True)
        for a, b in zip(one, two, strict=True)
        if a != b
    ]
    return len(changed) == 1 and len(str(changed[0][0])) - len(str(changed[0][1])) < 8


@pytest.mark.parametrize("beside_shm", [True, False], ids=["with -shm", "without"])
@pytest.mark.parametrize("part", ["", "-wal"], ids=["database", "-wal"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_or_harmless(
    killed: Path, other: Path, tmp_path: Path, damage: str, part: str, beside_shm: bool
) -> None:
    database = copy_of(killed, tmp_path, PARTS if beside_shm else ("", "-wal"))
    before = whatsmeow.rows(database)
    assert before
    assert check_whatsmeow(str(database), "store.db") == []
    DAMAGES[damage](Path(f"{database}{part}"), Path(f"{other}{part}"))
    after = whatsmeow.rows(database)
    if broken(check_whatsmeow(str(database), "store.db")) or after == before:
        return
    if part == "" and damage.startswith("flipped"):
        assert is_a_value(before, after)
    else:
        # nothing in the files tells: the history does (test_history.py)
        assert part == "-wal"
        assert not beside_shm
        assert damage in ("deleted", "empty", "swapped")


@long
def test_flips_are_found_or_change_one_value(tmp_path: Path) -> None:
    chance = Random(7)
    database = whatsmeow.write_killed(tmp_path / "store.db")
    before = whatsmeow.rows(database)
    assert before
    found = 0
    rounds = longer(60, 2000)
    for _ in range(rounds):
        file = Path(f"{database}{chance.choice(['', '-wal'])}")
        content = file.read_bytes()
        flipped = bytearray(content)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        if broken(check_whatsmeow(str(database), "store.db")):
            found += 1
        elif (after := whatsmeow.rows(database)) != before:
            assert file == database
            assert is_a_value(before, after)
        file.write_bytes(content)
    assert found > rounds // 4


@pytest.mark.parametrize("open_change", [False, True])
@pytest.mark.parametrize("checkpoint", [0, 7, 40])
@pytest.mark.parametrize("parts", [PARTS, ("", "-wal")], ids=["with -shm", "without"])
def test_what_a_kill_leaves_is_whole(
    tmp_path: Path, checkpoint: int, open_change: bool, parts: tuple[str, ...]
) -> None:
    killed = whatsmeow.write_killed(tmp_path / "k", checkpoint=checkpoint, open_change=open_change, rows=50)
    database = copy_of(killed, tmp_path, parts)
    assert check_whatsmeow(str(database), "store.db") == []


def test_neither_the_files_nor_their_directory_change(killed: Path, tmp_path: Path) -> None:
    database = copy_of(killed, tmp_path)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    check_whatsmeow(str(database), "store.db")
    assert query(str(database), "SELECT jid FROM whatsmeow_device") == ([(whatsmeow.JID,)], "")
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


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

    @pytest.mark.parametrize("damage", ["half", "cut by 300", "flipped at the start"])
    def test_damage_to_it_is_found(self, hot: Path, damage: str) -> None:
        journal = Path(f"{hot}-journal")
        DAMAGES[damage](journal, journal)
        found = check_whatsmeow(str(hot), "store.db")
        assert ("sqlite-journal", "store.db-journal") in {(item.code, item.file) for item in found}


class TestDevice:
    @pytest.mark.parametrize("column", ["identity_key", "signed_pre_key", "signed_pre_key_sig"])
    def test_keys_must_prove_each_other(self, tmp_path: Path, column: str) -> None:
        database = whatsmeow.write(tmp_path / "store.db")
        connection = sqlite3.connect(database)
        connection.execute(f"UPDATE whatsmeow_device SET {column} = zeroblob(length({column}))")
        connection.commit()
        connection.close()
        assert [item.code for item in check_whatsmeow(str(database), "store.db")] == ["whatsmeow-keys"]

    def test_keys_must_have_their_lengths(self, tmp_path: Path) -> None:
        database = whatsmeow.write(tmp_path / "store.db")
        connection = sqlite3.connect(database)
        connection.execute("UPDATE whatsmeow_device SET adv_details = x''")
        connection.commit()
        connection.close()
        (found,) = check_whatsmeow(str(database), "store.db")
        assert "adv_details" in found.what

    def test_no_device_is_whole(self, tmp_path: Path) -> None:
        database = whatsmeow.write(tmp_path / "store.db")
        connection = sqlite3.connect(database)
        connection.execute("DELETE FROM whatsmeow_device")
        connection.commit()
        connection.close()
        assert check_whatsmeow(str(database), "store.db") == []

    def test_a_table_that_is_missing_is_named(self, tmp_path: Path) -> None:
        database = whatsmeow.write(tmp_path / "store.db")
        connection = sqlite3.connect(database)
        connection.execute("DROP TABLE whatsmeow_sessions")
        connection.commit()
        connection.close()
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


@long
@pytest.mark.parametrize("seed", range(longer(4, 200)))
def test_a_kill_at_any_moment_of_a_busy_bot_leaves_it_whole(tmp_path: Path, seed: int) -> None:
    """Its -wal is written over again and again, so that older frames lie behind the newest."""
    chance = Random(seed)
    bot = whatsmeow.busy(tmp_path / "live.db", seed, checkpoint=chance.randrange(1, 60))
    with bot:
        assert bot.stdout
        for _ in range(chance.randrange(1, 400)):
            bot.stdout.readline()
        bot.kill()
    assert check_whatsmeow(str(tmp_path / "live.db"), "live.db") == []
    database = copy_of(tmp_path / "live.db", tmp_path, ("", "-wal"))
    assert check_whatsmeow(str(database), "store.db") == []
