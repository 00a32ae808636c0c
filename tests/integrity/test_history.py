"""What LevelDB and SQLite do to a database that is known is no finding; what they never do is one."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest
from blake3 import blake3

from tests.support import sqlite_whatsmeow as whatsmeow
from tests.support.long import long, longer
from wagit.drivers.whatsmeow import Whatsmeow
from wagit.integrity.findings import History, Known, broken, no_read
from wagit.integrity.history import Compared, compare_blobs, compare_leveldb, compare_sqlite
from wagit.integrity.identity import LOCAL_STORAGE
from wagit.integrity.profile_check import BLOBS, LEVELDB, check_profile

plyvel = pytest.importorskip("plyvel", reason="plyvel has no wheel for this Python")


def write(directory: Path, seed: int, writes: int = 3000) -> Path:
    """A run of a bot: LevelDB opens, gets new rows, compacts now and then, closes."""
    chance = Random(seed)
    directory.mkdir(parents=True, exist_ok=True)
    database = plyvel.DB(str(directory), create_if_missing=True, write_buffer_size=1 << 16)
    for _ in range(writes):
        database.put(b"key%04d" % chance.randrange(2000), chance.randbytes(60))
    database.close()
    return directory


def known(directory: Path) -> History:
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    return {name: Known(p.stat().st_size, blake3(p.read_bytes()).hexdigest()) for name, p in files.items()}


def compare(directory: Path, history: History) -> Compared:
    return compare_leveldb(str(directory), history, no_read)


def codes(compared: Compared) -> list[str]:
    return [item.code for item in compared.findings]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return write(tmp_path / "database", 1)


def one(database: Path, pattern: str) -> Path:
    return max(database.glob(pattern), key=lambda path: path.stat().st_size)


class TestLevelDB:
    def test_one_that_did_not_change_is_equal(self, database: Path) -> None:
        assert compare(database, known(database)) == Compared("equal", [])

    @long
    @pytest.mark.parametrize("seed", range(longer(4, 60)))
    def test_one_that_was_written_again_continues(self, tmp_path: Path, seed: int) -> None:
        chance = Random(seed)
        database = write(tmp_path / "database", seed, chance.randrange(6000))
        history = known(database)
        for run in range(chance.randrange(1, 4)):
            write(database, 1000 * seed + run, chance.randrange(6000))
        compared = compare(database, history)
        assert compared.findings == []
        assert compared.standing in ("continued", "unknown")

    def test_one_begun_anew_is_another(self, database: Path) -> None:
        history = known(database)
        shutil.rmtree(database)
        assert compare(write(database, 2), history) == Compared("other", [])

    def test_nothing_is_known_without_a_history(self, database: Path) -> None:
        assert compare(database, {}) == Compared("unknown", [])

    def test_a_table_that_changed_is_found(self, database: Path) -> None:
        history = known(database)
        table = one(database, "*.ldb")
        content = bytearray(table.read_bytes())
        content[len(content) // 2] ^= 1
        table.write_bytes(content)
        compared = compare(database, history)
        assert [(item.code, item.file) for item in compared.findings] == [("file-changed", table.name)]

    @pytest.mark.parametrize("name", ["²".encode() + b".log", b"MANIFEST-\xff"])
    def test_a_name_that_leveldb_gives_no_file(self, database: Path, name: bytes) -> None:
        path = database / os.fsdecode(name)
        path.write_bytes(b"whose is it?")
        history = known(database)
        path.unlink()
        one(database, "*.ldb").write_bytes(b"")
        assert codes(compare(database, history)) == ["file-changed"]

    @pytest.mark.parametrize("name", ["000999.ldb", "MANIFEST-000999"])
    def test_what_was_left_half_done_may_be_another_file_now(self, database: Path, name: str) -> None:
        """LevelDB gives the number of a file that it never came to use away again."""
        (database / name).write_bytes(bytes(200))
        history = known(database)
        (database / name).write_bytes(b"1" * 300)
        assert compare(database, history) == Compared("continued", [])

    def test_a_log_that_was_done_with_may_be_gone(self, database: Path) -> None:
        old = database / "000001.log"
        old.write_bytes(b"a kill came before it was deleted")
        history = known(database)
        old.unlink()
        assert compare(database, history) == Compared("continued", [])

    @pytest.mark.parametrize("left", [0.0, 0.5, 0.99])
    def test_a_log_that_became_shorter_is_found(self, database: Path, left: float) -> None:
        history = known(database)
        log = one(database, "*.log")
        os.truncate(log, int(log.stat().st_size * left))
        assert codes(compare(database, history)) == ["file-shorter"]

    def test_another_databases_log_is_found(self, database: Path, tmp_path: Path) -> None:
        history = known(database)
        other = write(tmp_path / "other", 2)
        one(database, "*.log").write_bytes(one(other, "*.log").read_bytes() * 2)
        assert codes(compare(database, history)) == ["log-changed"]

    def test_a_log_that_is_gone_is_found(self, database: Path) -> None:
        history = known(database)
        one(database, "*.log").unlink()
        assert codes(compare(database, history)) == ["log-missing"]


class TestBlobs:
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Path:
        (tmp_path / "1/00").mkdir(parents=True)
        for number in range(3):
            (tmp_path / f"1/00/{number}").write_bytes(bytes([number]) * 100)
        return tmp_path

    @pytest.mark.parametrize("content", [b"", b"\1" * 99, b"\1" * 101, b"\2" * 100])
    def test_one_that_changed_is_found(self, blobs: Path, content: bytes) -> None:
        history = known(blobs)
        (blobs / "1/00/1").write_bytes(content)
        (found,) = compare_blobs(str(blobs), history, "continued", no_read)
        assert (found.code, found.file) == ("file-changed", "1/00/1")

    def test_one_that_is_gone_is_found_while_no_row_was_written(self, blobs: Path) -> None:
        history = known(blobs)
        (blobs / "1/00/1").unlink()
        assert compare_blobs(str(blobs), history, "continued", no_read) == []
        (found,) = compare_blobs(str(blobs), history, "equal", no_read)
        assert (found.code, found.mend) == ("blob-missing", "rebuild")


class TestProfile:
    """LevelDBs stand for Chromium's, whose comparator is not asked for."""

    @pytest.fixture
    def profile(self, tmp_path: Path) -> Path:
        for directory in (LEVELDB, LOCAL_STORAGE):
            write(tmp_path / "profile" / directory, len(directory))
        blob = tmp_path / "profile" / BLOBS / "1/00/2"
        blob.parent.mkdir(parents=True)
        blob.write_bytes(b"blob")
        return tmp_path / "profile"

    def found(self, profile: Path, history: History) -> list[tuple[str, str]]:
        return [(item.code, item.file) for item in check_profile(str(profile), history)]

    def test_one_that_is_as_it_was_is_whole(self, profile: Path) -> None:
        assert self.found(profile, known(profile)) == []

    @pytest.mark.parametrize("half", [LEVELDB, LOCAL_STORAGE])
    def test_another_half_beside_a_known_one_is_fatal(self, profile: Path, half: str) -> None:
        history = known(profile)
        shutil.rmtree(profile / half)
        write(profile / half, 77)
        assert self.found(profile, history) == [("login-mixed", half)]

    def test_a_new_login_is_a_warning(self, profile: Path) -> None:
        history = known(profile)
        for half in (LEVELDB, LOCAL_STORAGE):
            shutil.rmtree(profile / half)
            write(profile / half, 77)
        found = check_profile(str(profile), history)
        assert [item.code for item in found] == ["database-replaced"] * 2
        assert not broken(found)

    def test_a_file_is_named_once(self, profile: Path) -> None:
        history = known(profile)
        table = one(profile / LEVELDB, "*.ldb")
        os.truncate(table, 100)
        assert [file for _, file in self.found(profile, history)] == [f"{LEVELDB}/{table.name}"]

    def test_a_blob_that_was_emptied_is_found(self, profile: Path) -> None:
        history = known(profile)
        (profile / BLOBS / "1/00/2").write_bytes(b"")
        assert self.found(profile, history) == [("file-changed", f"{BLOBS}/1/00/2")]


class TestSQLite:
    @pytest.mark.parametrize("way", ["deleted", "empty", "half"])
    def test_a_wal_that_lost_changes_is_found(self, tmp_path: Path, way: str) -> None:
        database = whatsmeow.write_killed(tmp_path / "store.db")
        history = known(tmp_path)
        Path(f"{database}-shm").unlink()
        wal = Path(f"{database}-wal")
        if way == "deleted":
            wal.unlink()
        else:
            os.truncate(wal, 0 if way == "empty" else wal.stat().st_size // 2)
        found = compare_sqlite(str(tmp_path), "store.db", history, no_read)
        assert [(item.code, item.file) for item in found] == [("file-shorter", "store.db-wal")]

    @pytest.mark.parametrize("rows", [1, 80])
    def test_a_bot_that_went_on_lost_nothing(self, tmp_path: Path, rows: int) -> None:
        database = whatsmeow.write_killed(tmp_path / "store.db")
        history = known(tmp_path)
        connection = sqlite3.connect(database, isolation_level=None)
        whatsmeow.fill(connection, 5, rows)
        connection.close()
        assert not Path(f"{database}-wal").exists()
        assert compare_sqlite(str(tmp_path), "store.db", history, no_read) == []

    def test_a_database_that_is_gone_is_found(self, tmp_path: Path) -> None:
        database = whatsmeow.write(tmp_path / "store.db")
        history = known(tmp_path)
        database.unlink()
        (found,) = Whatsmeow().check(str(tmp_path), history, no_read)
        assert (found.code, found.severity, found.file) == ("database-missing", "fatal", "store.db")
