"""The reader against LevelDB itself (plyvel), which answers on a database of its own."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.support.leveldb import truth, write
from wagit.integrity.leveldb import LevelDBUnreadable, entries, live_files, read_newest

plyvel = pytest.importorskip("plyvel", reason="plyvel has no wheel for this Python")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("leveldb") / "database"
    write(directory, seed=1)
    return directory


@pytest.fixture
def copy(database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(database, tmp_path / "copy"))


@pytest.mark.parametrize("compression", ["snappy", None])
def test_finds_what_leveldb_finds(tmp_path: Path, compression: str | None) -> None:
    write(tmp_path / "database", seed=2, compression=compression)
    live = live_files(str(tmp_path / "database"))
    assert len(live.tables) > 1
    assert live.logs
    found = read_newest(str(tmp_path / "database"))
    assert len(found) > 1000
    assert found == truth(tmp_path / "database")


def test_finds_what_leveldb_finds_after_a_full_compaction(copy: Path) -> None:
    opened = plyvel.DB(str(copy))
    opened.compact_range()
    opened.close()
    assert read_newest(str(copy)) == truth(copy)


def test_reads_beside_the_process_that_has_it_open(tmp_path: Path) -> None:
    opened = plyvel.DB(str(tmp_path / "open"), create_if_missing=True)
    opened.put(b"key", b"value")
    assert read_newest(str(tmp_path / "open")) == {b"key": b"value"}
    opened.close()


def test_writes_nothing(copy: Path) -> None:
    def state() -> list[tuple[str, int, int]]:
        found = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in copy.iterdir()]
        return sorted([*found, (".", copy.stat().st_mtime_ns, 0)])

    before = state()
    read_newest(str(copy))
    assert state() == before


def test_a_torn_log_tail_ends_reading_quietly(tmp_path: Path) -> None:
    directory = tmp_path / "torn"
    opened = plyvel.DB(str(directory), create_if_missing=True)
    for number in range(100):
        opened.put(b"%03d" % number, b"value" * 100)
    opened.close()
    (log,) = directory.glob("*.log")
    whole = log.read_bytes()
    for cut in (1, 6, 300, 511):  # within the last record's value, and within its header
        log.write_bytes(whole[:-cut])
        assert sorted(read_newest(str(directory))) == [b"%03d" % number for number in range(99)]


def test_a_torn_fragment_leaves_out_its_whole_record(copy: Path) -> None:
    opened = plyvel.DB(str(copy))
    opened.put(b"first", b"1")
    opened.put(b"last", b"x" * 60_000)
    opened.close()
    log = copy / live_files(str(copy)).logs[-1]
    log.write_bytes(log.read_bytes()[:-40_000])  # its second block is gone altogether
    found = read_newest(str(copy))
    assert found[b"first"] == b"1"
    assert b"last" not in found


def test_a_record_without_its_beginning_is_damage(copy: Path) -> None:
    opened = plyvel.DB(str(copy))
    opened.put(b"key", b"x" * 100_000)
    opened.close()
    log = copy / live_files(str(copy)).logs[-1]
    log.write_bytes(log.read_bytes()[1 << 15 :])  # whole blocks, each with good checksums
    with pytest.raises(LevelDBUnreadable, match="lost a fragment"):
        read_newest(str(copy))


def test_a_log_that_is_no_longer_live_brings_nothing_back(copy: Path) -> None:
    opened = plyvel.DB(str(copy))
    opened.put(b"revoked", b"secret")
    opened.close()
    old = Path(shutil.copy(copy / live_files(str(copy)).logs[-1], copy.parent))
    opened = plyvel.DB(str(copy))
    opened.delete(b"revoked")
    opened.close()
    opened = plyvel.DB(str(copy))
    opened.compact_range()  # now the deletion is forgotten, too
    opened.close()
    shutil.copy(old, copy)
    assert old.name not in live_files(str(copy)).logs
    assert b"revoked" not in read_newest(str(copy))


def damage_in(directory: Path) -> LevelDBUnreadable | None:
    try:
        read_newest(str(directory))
    except LevelDBUnreadable as damage:
        return damage
    return None


@pytest.mark.parametrize("kind", ["CURRENT", "MANIFEST", "log", "ldb"])
def test_names_the_file_with_a_flipped_bit(copy: Path, kind: str) -> None:
    chance = random.Random(kind)
    live = live_files(str(copy))
    name = {
        "CURRENT": "CURRENT",
        "MANIFEST": live.manifest,
        "log": live.logs[-1],
        "ldb": next(iter(live.tables)),
    }[kind]
    whole = (copy / name).read_bytes()
    expected = read_newest(str(copy))
    found = 0
    for _ in range(12):
        # the last bytes of a table are padding; of a log, a record that would pass for torn
        position = chance.randrange(len(whole) - 60 if kind == "ldb" else len(whole) // 2 or 1)
        damaged = bytearray(whole)
        damaged[position] ^= 1 << chance.randrange(8)
        (copy / name).write_bytes(damaged)
        damage = damage_in(copy)
        if damage is None:
            assert read_newest(str(copy)) == expected
        else:
            found += 1
            assert name in damage.message or kind in ("CURRENT", "MANIFEST")
            assert damage.hint
    assert found >= 11  # a table's filter block, and a few bits of a log's fill, are not read


@pytest.mark.parametrize("kind", ["MANIFEST", "ldb"])
def test_a_missing_file_is_named(copy: Path, kind: str) -> None:
    live = live_files(str(copy))
    name = live.manifest if kind == "MANIFEST" else next(iter(live.tables))
    os.unlink(copy / name)
    with pytest.raises(LevelDBUnreadable, match=f"{name} is missing"):
        read_newest(str(copy))


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST", "log", "ldb"])
@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"\xff" * 5000, b"MANIFEST-999999\n", b"\x80" * 5000])
def test_rubbish_is_no_traceback(copy: Path, name: str, content: bytes) -> None:
    live = live_files(str(copy))
    for path in copy.iterdir():
        if name in path.name and (name != "log" or path.name in live.logs):
            path.write_bytes(content)
    damage = damage_in(copy)
    if damage is None:
        assert name == "log"  # an empty or zeroed log reads as one without records
        assert not content.strip(b"\0")
    else:
        assert str(copy) in damage.message


def test_no_database_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_newest(str(tmp_path))


def test_deletions_are_entries_too(tmp_path: Path) -> None:
    opened = plyvel.DB(str(tmp_path / "small"), create_if_missing=True)
    opened.put(b"key", b"value")
    opened.delete(b"key")
    opened.close()
    found = list(entries(str(tmp_path / "small")))
    assert [(entry.key, entry.value) for entry in found] == [(b"key", b"value"), (b"key", None)]
    assert found[0].sequence < found[1].sequence
