"""The checker against LevelDB itself: what LevelDB refuses is found, what it writes is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.leveldb import Edit, files_of, make, plyvel, truth, varint, write
from tests.support.leveldb import block as data_block
from tests.support.leveldb import table as table_of
from wagit.integrity.findings import Finding, broken
from wagit.integrity.leveldb import live_files
from wagit.integrity.leveldb_check import check_leveldb

plyvel()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("leveldb") / "database"
    write(directory, seed=1)
    opened = plyvel().DB(str(directory))  # flushes both logs that are there when a flush was cut short
    for number in range(50):
        opened.put(b"key%06d" % number, b"in the log")
    opened.close()
    return directory


@pytest.fixture
def copy(database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(database, tmp_path / "copy"))


def codes(directory: Path) -> list[tuple[str, str]]:
    return [(found.code, found.file) for found in check_leveldb(str(directory))]


def only(directory: Path) -> Finding:
    (found,) = check_leveldb(str(directory))
    return found


def tables_of(directory: Path) -> list[str]:
    return sorted(live_files(str(directory)).tables)


def log_of(directory: Path) -> str:
    return live_files(str(directory)).logs[-1]


@pytest.mark.parametrize("compression", ["snappy", None])
def test_what_leveldb_wrote_is_whole(tmp_path: Path, compression: str | None) -> None:
    write(tmp_path / "database", seed=2, compression=compression)
    assert len(tables_of(tmp_path / "database")) > 1
    assert codes(tmp_path / "database") == []


def test_so_it_is_after_a_full_compaction_and_with_filters(copy: Path) -> None:
    opened = plyvel().DB(str(copy), bloom_filter_bits=10)
    opened.compact_range()
    opened.close()
    assert any(b"filter." in (copy / name).read_bytes() for name in tables_of(copy))
    assert codes(copy) == []


def test_so_it_is_while_somebody_has_it_open(tmp_path: Path) -> None:
    opened = plyvel().DB(str(tmp_path / "open"), create_if_missing=True)
    assert codes(tmp_path / "open") == [("leveldb-empty", "000003.log")]
    opened.put(b"key", b"value" * 20_000)
    assert codes(tmp_path / "open") == []
    opened.close()


def test_all_that_counts_is_read(copy: Path) -> None:
    pieces: list[int] = []
    check_leveldb(str(copy), pieces.append)
    live = live_files(str(copy))
    counting = [*live.tables, *live.logs, "CURRENT", live.manifest]
    assert sum(pieces) >= sum((copy / name).stat().st_size for name in counting)


def test_nothing_is_written(copy: Path) -> None:
    def state() -> list[tuple[str, int, int]]:
        return sorted((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in copy.iterdir())

    before = state()
    check_leveldb(str(copy))
    assert state() == before


def test_a_table_that_no_longer_counts_is_not_looked_at(copy: Path) -> None:
    (copy / "999999.ldb").write_bytes(b"left by a compaction that was killed")
    assert codes(copy) == []


def deleted(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"garbage\n")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


UNREADABLE = "leveldb-unreadable"


@pytest.mark.parametrize(
    ("file", "damage", "code"),
    [
        ("CURRENT", deleted, "leveldb-current"),
        ("CURRENT", emptied, "leveldb-current"),
        ("CURRENT", halved, "leveldb-current"),
        ("CURRENT", lengthened, "leveldb-current"),
        ("MANIFEST", deleted, "leveldb-manifest"),
        ("MANIFEST", emptied, "leveldb-manifest"),
        ("table", deleted, "leveldb-table-missing"),
        ("table", emptied, "leveldb-table"),
        ("table", halved, "leveldb-table"),
        ("log", deleted, "leveldb-log-missing"),
        *((file, damage, UNREADABLE) for file in ("CURRENT", "MANIFEST", "table", "log")
          for damage in (a_pipe, a_directory, a_link)),
    ],
)  # fmt: skip
def test_names_the_file(copy: Path, file: str, damage: Callable[[Path], None], code: str) -> None:
    live = live_files(str(copy))
    name = {"MANIFEST": live.manifest, "table": min(live.tables), "log": live.logs[-1]}.get(file, file)
    damage(copy / name)
    found = only(copy)
    assert (found.code, found.file) == (code, name)
    assert broken([found])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(copy: Path) -> None:
    (copy / tables_of(copy)[0]).chmod(0)
    assert only(copy).code == UNREADABLE


def test_no_database_is_no_damage(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "missing"):
        found = only(directory)
        assert found.code == "leveldb-empty"
        assert not broken([found])


def test_a_file_in_the_place_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert only(tmp_path / "file").code == UNREADABLE


def test_tables_that_changed_places_are_told(copy: Path) -> None:
    first, second = tables_of(copy)[:2]
    contents = [(copy / name).read_bytes() for name in (second, first)]
    for name, content in zip((first, second), contents, strict=True):
        size = live_files(str(copy)).tables[name]
        (copy / name).write_bytes(content.ljust(size, b"\0"))
    assert {file for _, file in codes(copy)} == {first, second}
    assert broken(check_leveldb(str(copy)))


def test_another_databases_table_of_the_same_size_is_told(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        opened = plyvel().DB(str(tmp_path / name), create_if_missing=True)
        opened.put(b"key of " + name.ljust(8).encode(), b"value")
        opened.compact_range()
        opened.close()
    (table,) = tables_of(tmp_path / "ours")
    assert tables_of(tmp_path / "theirs") == [table]
    shutil.copy(tmp_path / "theirs" / table, tmp_path / "ours" / table)
    assert {code for code, _ in codes(tmp_path / "ours")} == {"leveldb-table-other"}


def test_what_follows_a_table_costs_nothing(copy: Path) -> None:
    expected = truth(copy)
    for name in tables_of(copy):
        with (copy / name).open("ab") as file:
            file.write(b"garbage")
    assert {code for code, _ in codes(copy)} == {"leveldb-surplus"}
    assert not broken(check_leveldb(str(copy)))
    assert truth(copy) == expected


def flipped(content: bytes, position: int, bit: int = 0) -> bytes:
    return content[:position] + bytes([content[position] ^ 1 << bit]) + content[position + 1 :]


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9])
def test_a_bit_in_any_block_is_found(copy: Path, place: float) -> None:
    opened = plyvel().DB(str(copy), bloom_filter_bits=10)
    opened.compact_range()
    opened.close()
    for name in tables_of(copy):
        whole = (copy / name).read_bytes()
        position = int((len(whole) - 60) * place)
        (copy / name).write_bytes(flipped(whole, position))
        found = only(copy)
        assert (found.code, found.file) == ("leveldb-table", name)
        assert found.offset is not None
        assert found.offset <= position
        (copy / name).write_bytes(whole)


def test_a_block_that_the_index_leaves_out_is_found(copy: Path) -> None:
    rows = data_block([(b"k" * 9, b"v")])
    index = data_block([(b"k" * 9, varint(0) + varint(len(rows)))])
    for number in (1, 2):
        content = table_of([(rows, 0)] * number, [b"k" * 9] * number, index=(index, 0))
        edit = Edit(log=0, tables=((5, len(content), b"k" * 9, b"k" * 9),))
        made = make(copy / str(number), [edit], {"000005.ldb": content, "000003.log": b""})
        assert ("leveldb-table", "000005.ldb") in codes(made) or number == 1
        assert ("leveldb-table", "000005.ldb") not in codes(made) or number == 2


def test_a_bit_in_a_filter_is_found(copy: Path) -> None:
    content = table_of([(data_block([(b"k" * 9, b"v")]), 0)], [b"k" * 9], meta=b"filter")
    edit = Edit(log=0, tables=((5, len(content), b"k" * 9, b"k" * 9),))
    make(copy / "made", [edit], {"000005.ldb": content, "000003.log": b""})
    assert "leveldb-table" not in [code for code, _ in codes(copy / "made")]
    (copy / "made" / "000005.ldb").write_bytes(flipped(content, content.index(b"filter")))
    assert "leveldb-table" in [code for code, _ in codes(copy / "made")]


def test_every_bit_of_a_tables_end_is_found_and_all_that_leveldb_needs_is_broken(copy: Path) -> None:
    again = Path(shutil.copytree(copy, copy.parent / "again"))
    expected = truth(copy)
    name = tables_of(again)[0]
    whole = (again / name).read_bytes()
    for bit in range(len(whole) * 8 - 48 * 8, len(whole) * 8, 5):
        (again / name).write_bytes(flipped(whole, bit // 8, bit % 8))
        found = check_leveldb(str(again))
        assert found
        if not broken(found):
            assert [each.code for each in found] == ["leveldb-padding"]
            shutil.copytree(again, again.parent / str(bit))
            assert truth(again.parent / str(bit)) == expected


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST", "log", "table"])
@pytest.mark.parametrize("content", [b"\0" * 5000, b"\xff" * 5000, b"MANIFEST-999999\n", b"\x80" * 70_000])
def test_rubbish_is_found(copy: Path, name: str, content: bytes) -> None:
    live = live_files(str(copy))
    places = {"MANIFEST": live.manifest, "table": min(live.tables), "log": live.logs[-1]}
    (copy / places.get(name, name)).write_bytes(content)
    assert broken(check_leveldb(str(copy)))


def test_what_counts_is_what_leveldb_counts(copy: Path) -> None:
    """Without any one file that the check reads, LevelDB refuses, or finds less."""
    expected = truth(shutil.copytree(copy, copy.parent / "whole"))
    for name in files_of(copy):
        less = Path(shutil.copytree(copy, copy.parent / f"without {name}"))
        (less / name).unlink()
        assert broken(check_leveldb(str(less))), name
        try:
            assert truth(less) != expected, name
        except plyvel().Error:
            continue
