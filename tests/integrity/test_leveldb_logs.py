"""Logs: a torn tail told from damage, and rows that are gone although LevelDB opens the database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.leveldb import Edit, batch, fragment, internal, log, make, plyvel, truth
from tests.support.leveldb import block as data_block
from tests.support.leveldb import table as table_of
from wagit.integrity.findings import Finding, broken
from wagit.integrity.leveldb import live_files
from wagit.integrity.leveldb_check import check_leveldb
from wagit.integrity.leveldb_log import BLOCK, FIRST

LOG, NEXT = "000003.log", "000007.log"


def rows(first: int, count: int, size: int = 500) -> list[bytes]:
    """Write batches of one row each, with the sequence numbers from `first` on."""
    return [batch(number, [(b"%06d" % number, b"v" * size)]) for number in range(first, first + count)]


def found(directory: Path) -> list[tuple[str, str, int | None]]:
    return [(each.code, each.file, each.offset) for each in check_leveldb(str(directory))]


def codes(directory: Path) -> list[str]:
    return [each.code for each in check_leveldb(str(directory))]


def with_log(directory: Path, content: bytes | bytearray) -> Path:
    return make(directory, [Edit(log=0)], {LOG: content})


class TestTails:
    """What follows a log's last whole record."""

    @pytest.mark.parametrize("cut", [1, 6, 7, 300, 511, 515])
    def test_a_record_that_was_not_finished_is_torn(self, tmp_path: Path, cut: int) -> None:
        content, whole = log(rows(1, 100)), len(log(rows(1, 99)))
        assert found(with_log(tmp_path, content[:-cut])) == [("leveldb-torn-tail", LOG, whole)]

    @pytest.mark.parametrize("fragments", [1, 2, 3])
    def test_so_is_one_without_its_last_fragments(self, tmp_path: Path, fragments: int) -> None:
        whole = log(rows(1, 3))
        content = log([*rows(1, 3), *rows(4, 1, size=4 * BLOCK)])[: fragments * BLOCK]
        assert found(with_log(tmp_path, content)) == [("leveldb-torn-tail", LOG, len(whole))]

    @pytest.mark.parametrize("garbage", [b"\0" * 5000, b"\xff" * 5000, b"garbage " * 9, b"\1" * BLOCK])
    def test_garbage_is_cut_off(self, tmp_path: Path, garbage: bytes) -> None:
        content = log(rows(1, 99))
        (end,) = check_leveldb(str(with_log(tmp_path, content + garbage)))
        assert (end.severity, end.mend, end.offset) == ("fatal", "cut", len(content))

    def test_a_damaged_last_record_is_told_from_a_torn_one(self, tmp_path: Path) -> None:
        content = bytearray(log(rows(1, 100)))
        content[-10] ^= 1
        assert found(with_log(tmp_path, content)) == [("leveldb-bad-tail", LOG, len(log(rows(1, 99))))]

    def test_a_length_that_only_looks_torn_is_damage(self, tmp_path: Path) -> None:
        content = bytearray(log(rows(1, 10)))
        at = len(log(rows(1, 4)))
        content[at + 5] ^= 0x40  # the record's length, now beyond the file's end
        assert found(with_log(tmp_path, content)) == [("leveldb-log", LOG, at)]

    @pytest.mark.parametrize("page", [0, 5])
    def test_a_page_of_zeros_before_whole_records_is_damage(self, tmp_path: Path, page: int) -> None:
        content = bytearray(log(rows(1, 200)))
        content[page * 4096 : (page + 1) * 4096] = bytes(4096)
        assert codes(with_log(tmp_path, content)) == ["leveldb-log"]

    def test_a_record_behind_a_torn_one_is_damage(self, tmp_path: Path) -> None:
        """What Chromium makes of a torn tail: it writes behind it."""
        torn = log(rows(1, 10))[:-100]
        assert codes(with_log(tmp_path, torn + log(rows(10, 5)))) == ["leveldb-log"]

    def test_so_is_one_behind_a_record_without_its_end(self, tmp_path: Path) -> None:
        content = log(rows(1, 10)) + fragment(b"begun", FIRST) + log(rows(11, 1))
        assert codes(with_log(tmp_path, content)) == ["leveldb-log"]

    def test_a_batch_that_no_leveldb_writes_is_damage(self, tmp_path: Path) -> None:
        for number, record in enumerate((b"short", batch(2, [(b"k", b"v")]) + b"more", rows(2, 1)[0][:-1])):
            directory = with_log(tmp_path / str(number), log([*rows(1, 1), record, *rows(3, 1)]))
            assert found(directory) == [("leveldb-log", LOG, len(log(rows(1, 1))))]

    def test_padding_at_a_blocks_end_is_never_read(self, tmp_path: Path) -> None:
        fill = BLOCK - 3 - len(log(rows(1, 1, size=0)))
        content = bytearray(log([*rows(1, 1, size=fill - 2), *rows(2, 3)]))
        assert content[BLOCK - 3 : BLOCK] == bytes(3)
        assert codes(with_log(tmp_path / "whole", content)) == []
        content[BLOCK - 2] = 1
        assert found(with_log(tmp_path / "flipped", content)) == [("leveldb-padding", LOG, BLOCK - 3)]
        assert not broken(check_leveldb(str(tmp_path / "flipped")))

    def test_a_torn_manifest_is_cut_too(self, tmp_path: Path) -> None:
        edits = [Edit(log=0).encoded(), Edit(log=0).encoded()]
        directory = make(tmp_path, [], {LOG: log(rows(1, 9)), "MANIFEST-000001": log(edits)[:-5]})
        assert found(directory) == [("leveldb-torn-tail", "MANIFEST-000001", len(log(edits[:1])))]

    def test_a_manifest_damaged_before_its_end_is_not(self, tmp_path: Path) -> None:
        manifest = bytearray(log([Edit(log=0).encoded()] * 3))
        manifest[10] ^= 1
        directory = make(tmp_path, [], {LOG: log(rows(1, 9)), "MANIFEST-000001": manifest})
        assert found(directory) == [("leveldb-manifest", "MANIFEST-000001", 0)]


def flushed(last: int) -> tuple[bytes, tuple[int, int, bytes, bytes]]:
    """A table with the rows up to number `last`, and how MANIFEST names it."""
    keys = [internal(b"%06d" % number, number) for number in range(1, last + 1)]
    content = table_of([(data_block([(key, b"v") for key in keys]), 0)], [keys[-1]])
    return content, (5, len(content), keys[0], keys[-1])


class TestSequence:
    """The memtable up to write 50 was flushed while 51 to 60 were already written to the next log."""

    def written(self, directory: Path, logs: dict[str, bytes], *, noted: int = 60) -> Path:
        content, named = flushed(50)
        flush = Edit(log=7, last_sequence=60, tables=(named,))
        edits = [Edit(log=0), flush, Edit(log=7, last_sequence=noted)]
        return make(directory, edits, {"000005.ldb": content} | logs)

    def test_nothing_is_missing(self, tmp_path: Path) -> None:
        assert codes(self.written(tmp_path, {NEXT: log(rows(51, 30))}, noted=75)) == []

    def test_a_missing_log(self, tmp_path: Path) -> None:
        assert codes(self.written(tmp_path, {})) == ["leveldb-log-missing"]

    def test_a_missing_log_with_a_later_one(self, tmp_path: Path) -> None:
        logs = {"000009.log": log(rows(70, 9))}
        assert codes(self.written(tmp_path, logs)) == ["leveldb-log-missing"]

    def test_a_log_that_was_missing_at_the_last_start(self, tmp_path: Path) -> None:
        """Chromium goes on behind the last number that MANIFEST noted, without noting the new log."""
        directory = self.written(tmp_path, {"000009.log": log(rows(61, 9))})
        assert codes(directory) == ["leveldb-lost-before"]
        assert not broken(check_leveldb(str(directory)))

    @pytest.mark.parametrize("noted", [60, 75])
    def test_an_emptied_log(self, tmp_path: Path, noted: int) -> None:
        assert found(self.written(tmp_path, {NEXT: b""}, noted=noted)) == [("leveldb-log-short", NEXT, None)]

    @pytest.mark.parametrize(("noted", "expected"), [(60, []), (75, ["leveldb-log-short"])])
    def test_an_empty_log_when_what_was_flushed_is_merged(
        self, tmp_path: Path, noted: int, expected: list[str]
    ) -> None:
        edits = [Edit(log=0), Edit(log=7, last_sequence=60), Edit(log=7, last_sequence=noted)]
        assert codes(make(tmp_path, edits, {NEXT: b""})) == expected

    def test_an_empty_log_to_which_nothing_was_written(self, tmp_path: Path) -> None:
        content, named = flushed(50)
        edits = [Edit(log=0), Edit(log=7, last_sequence=50, tables=(named,))]
        assert codes(make(tmp_path, edits, {"000005.ldb": content, NEXT: b""})) == []

    def test_a_log_that_ends_too_early(self, tmp_path: Path) -> None:
        assert codes(self.written(tmp_path, {NEXT: log(rows(51, 5))})) == ["leveldb-log-short"]

    def test_a_cut_that_took_rows_which_count(self, tmp_path: Path) -> None:
        torn = log(rows(51, 5))[:-20]
        assert codes(self.written(tmp_path, {NEXT: torn})) == ["leveldb-torn-tail", "leveldb-log-short"]

    @pytest.mark.parametrize("first", [1, 30, 52, 55, 80])
    def test_another_databases_log(self, tmp_path: Path, first: int) -> None:
        assert codes(self.written(tmp_path, {NEXT: log(rows(first, 90))})) == ["leveldb-log-gap"]

    def test_a_gap_within_a_log(self, tmp_path: Path) -> None:
        content = log([*rows(51, 9), *rows(70, 20)])
        assert found(self.written(tmp_path, {NEXT: content})) == [
            ("leveldb-log-gap", NEXT, len(log(rows(51, 9))))
        ]

    def test_a_gap_since_a_log_was_shortened_before_an_earlier_start(self, tmp_path: Path) -> None:
        content = log([*rows(51, 5), *rows(61, 20)])
        assert codes(self.written(tmp_path, {NEXT: content})) == ["leveldb-lost-before"]

    def test_a_gap_between_logs(self, tmp_path: Path) -> None:
        logs = {NEXT: log(rows(51, 9)), "000009.log": log(rows(61, 9))}
        assert found(self.written(tmp_path, logs)) == [("leveldb-log-gap", "000009.log", 0)]

    def test_a_torn_older_log_that_lost_nothing(self, tmp_path: Path) -> None:
        logs = {NEXT: log(rows(51, 20))[:-5], "000009.log": log(rows(70, 9))}
        directory = self.written(tmp_path, logs)
        assert codes(directory) == ["leveldb-left-out"]
        assert not broken(check_leveldb(str(directory)))

    def test_an_indexeddb_is_never_empty(self, tmp_path: Path) -> None:
        for number, (name, code) in enumerate({"idb_cmp1": "log-short", "any": "empty"}.items()):
            directory = make(tmp_path / str(number), [Edit(log=0, comparator=name)], {LOG: b""})
            assert codes(directory) == [f"leveldb-{code}"]

    def test_a_missing_first_log_is_told_from_a_database_that_was_only_made(self, tmp_path: Path) -> None:
        directory = make(tmp_path, [Edit(log=0)], {"LOG": b"2026/11/20-11:34:26.118 4983 Creating DB"})
        assert codes(directory) == ["leveldb-empty"]
        (directory / "LOG.old").write_bytes(b"2026/11/20-11:34:26.118 4983 Reusing MANIFEST")
        assert codes(directory) == ["leveldb-log-missing"]


def cut(directory: Path, end: Finding) -> None:
    with (directory / end.file).open("r+b") as file:
        assert end.offset is not None
        file.truncate(end.offset)


@pytest.mark.parametrize("damage", [1, 7, 300, 11_900, -1, -300, -5000])
def test_leveldb_takes_what_is_cut_and_has_all_rows_before(tmp_path: Path, damage: int) -> None:
    """Cut by so many bytes, or so many of garbage behind; the cut where the finding says, and LevelDB."""
    opened = plyvel().DB(str(tmp_path / "database"), create_if_missing=True)
    for number in range(100):
        opened.put(b"%03d" % number, b"v" * (12_000 if number == 99 else 400))
    opened.close()
    path = tmp_path / "database" / live_files(str(tmp_path / "database")).logs[-1]
    whole = path.read_bytes()
    path.write_bytes(whole[:-damage] if damage > 0 else whole + b"\x07" * -damage)
    (end,) = check_leveldb(str(tmp_path / "database"))
    assert end.mend == "cut"
    cut(tmp_path / "database", end)
    assert check_leveldb(str(tmp_path / "database")) == []
    kept = 100 if damage < 0 else 99
    for turn in range(2):  # the second start is what a torn tail breaks
        directory = Path(shutil.copytree(tmp_path / "database", tmp_path / str(turn)))
        for _ in range(turn + 1):
            assert sorted(truth(directory)) == [b"%03d" % number for number in range(kept)]
