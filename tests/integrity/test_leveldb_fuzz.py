"""Any bytes give findings: never an exception, a hang, or more memory than twice the file and some."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import long
from tests.support.leveldb import (
    Edit,
    batch,
    block,
    files_of,
    internal,
    log,
    make,
    plyvel,
    string,
    table,
    varint,
    write,
)
from wagit.integrity.findings import Finding, broken
from wagit.integrity.leveldb import read_newest
from wagit.integrity.leveldb_bytes import LevelDBUnreadable
from wagit.integrity.leveldb_check import check_leveldb
from wagit.integrity.leveldb_codes import CODES

CONSTANT = 16 << 20  # bytes; windows, and what an index of a small table may be
KEY = internal(b"key", 1)
NAMES = ("CURRENT", "MANIFEST-000001", "000003.log", "000005.ldb", "LOG")

fuzzed = settings(
    max_examples=long.longer(40, 20_000),
    derandomize=not long.LONG,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def small(directory: Path) -> Path:
    """A whole database of one table and one log."""
    content = table([(block([(KEY, b"value")]), 0)], [KEY])
    named = (5, len(content), KEY, KEY)
    edits = [Edit(log=0), Edit(log=3, last_sequence=1, tables=(named,))]
    logs = log(batch(number, [(b"%d" % number, b"v" * 999)]) for number in range(2, 40))
    return make(directory, edits, {"000005.ldb": content, "000003.log": logs, "LOG": b"2026/11/20"})


def check(directory: Path) -> list[Finding]:
    """It ends, within its memory, and says only what its codes say; the reader raises what it should."""
    size = sum(path.stat().st_size for path in directory.iterdir() if path.is_file())
    tracemalloc.start()
    try:
        found = check_leveldb(str(directory))
        assert tracemalloc.get_traced_memory()[1] < 2 * size + CONSTANT
    finally:
        tracemalloc.stop()
    for each in found:
        assert each.severity == CODES[each.code].severity
        assert each.offset is None or each.offset >= 0
        assert "\n" not in each.what
    try:
        read_newest(str(directory))
    except (LevelDBUnreadable, OSError):
        assert found
    return found


@long.long
@fuzzed
@given(content=st.binary(max_size=40_000), name=st.sampled_from(NAMES))
def test_any_bytes_in_the_place_of_a_file(tmp_path: Path, content: bytes, name: str) -> None:
    directory = small(tmp_path)
    (directory / name).write_bytes(content)
    check(directory)


@long.long
@fuzzed
@given(
    records=st.lists(st.binary(max_size=200), max_size=6),
    name=st.sampled_from(["MANIFEST-000001", "000003.log"]),
)
def test_any_records_with_right_checksums(tmp_path: Path, records: list[bytes], name: str) -> None:
    directory = small(tmp_path)
    (directory / name).write_bytes(log(records))
    check(directory)


NUMBERS = st.one_of(st.integers(0, 20), st.sampled_from([127, 128, 1 << 32, (1 << 64) - 1, (1 << 70) - 1]))
FIELDS = st.one_of(
    NUMBERS.map(varint), st.binary(max_size=20).map(string), st.sampled_from(range(12)).map(varint)
)


@long.long
@fuzzed
@given(edits=st.lists(st.lists(FIELDS, max_size=12).map(b"".join), max_size=4))
def test_any_edits(tmp_path: Path, edits: list[bytes]) -> None:
    directory = small(tmp_path)
    whole = (directory / "MANIFEST-000001").read_bytes()
    (directory / "MANIFEST-000001").write_bytes(log([*([Edit().encoded()] if whole else []), *edits]))
    check(directory)


@long.long
@fuzzed
@given(
    blocks=st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 4)), max_size=4),
    meta=st.one_of(st.none(), st.binary(max_size=99)),
    last=st.binary(max_size=60),
)
def test_any_blocks_with_right_checksums(
    tmp_path: Path, blocks: list[tuple[bytes, int]], meta: bytes | None, last: bytes
) -> None:
    directory = small(tmp_path)
    content = table(blocks, [KEY] * len(blocks), meta)
    edits = [Edit(log=0), Edit(log=3, last_sequence=1, tables=((5, len(content), KEY, last),))]
    make(directory, edits, {"000005.ldb": content})
    check(directory)


def mutated(chance: random.Random, content: bytes) -> bytes:
    """Cut, doubled, zeroed, overwritten, or something put between."""
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.choice([1, 7, 100, 4096, 32768, 1 << 20]))
    part = content[start:end]
    kinds = [b"", part * 2, bytes(len(part)), chance.randbytes(len(part)), chance.randbytes(9) + part]
    return content[:start] + chance.choice(kinds) + content[end:]


@long.long
def test_mutations_of_what_leveldb_wrote(tmp_path: Path) -> None:
    plyvel()
    write(tmp_path / "database", seed=3, writes=600)
    whole = files_of(tmp_path / "database")
    chance = random.Random(7)
    found = 0
    rounds = long.longer(30, 3000)
    for _ in range(rounds):
        name = chance.choice(sorted(whole))
        path = tmp_path / "database" / name
        path.write_bytes(mutated(chance, whole[name]))
        found += broken(check(tmp_path / "database"))
        path.write_bytes(whole[name])
    assert found > rounds * 0.7  # some cut nothing, or only what follows a table


def with_table(directory: Path, content: bytes, last: bytes = KEY) -> Path:
    edits = [Edit(log=0), Edit(log=3, last_sequence=1, tables=((5, len(content), KEY, last),))]
    return make(directory, edits, {"000005.ldb": content, "000003.log": log([batch(2, [(b"k", b"v")])])})


BOMBS = {
    "snappy": (varint(1 << 40) + b"\0", 1),
    "snappy within 32 bits": (varint(1 << 31) + b"\0", 1),
    "zstd": (b"\x28\xb5\x2f\xfd\xe0" + (1 << 40).to_bytes(8, "little") + b"\1\0\0", 2),
    "zstd without a length": (b"\x28\xb5\x2f\xfd\x00\x00\1\0\0", 2),
    "unknown": (b"anything", 7),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_block_that_claims_to_be_huge_is_not_allocated(tmp_path: Path, bomb: str) -> None:
    for number, content in enumerate(
        (table([(block([(KEY, b"value")]), 0)], [KEY], index=BOMBS[bomb]), table([BOMBS[bomb]], [KEY]))
    ):
        directory = with_table(tmp_path / str(number), content)
        assert [each.code for each in check(directory)] == ["leveldb-table"]


def test_a_metaindex_names_one_filter_at_most(tmp_path: Path) -> None:
    """Each would be checked again: a thousand names of a huge one would take for ever."""
    data = block([(KEY, b"value")])
    names = block([(b"filter.%d" % number, varint(0) + varint(len(data))) for number in range(2)])
    content = table([(data, 0)], [KEY], index=(names, 0))
    start = len(content) - 48 - len(names) - 5
    handles = varint(start) + varint(len(names)) + varint(0) + varint(len(data))
    several = content[:-48] + handles.ljust(40, b"\0") + content[-8:]
    (found,) = check(with_table(tmp_path / "several", several))
    assert "more than one" in found.what


def frame(content: bytes) -> bytes:
    """A zstd frame of one raw block (RFC 8878)."""
    head = b"\x28\xb5\x2f\xfd\xa0" + len(content).to_bytes(4, "little")
    return head + (len(content) << 3 | 1).to_bytes(3, "little") + content


def test_zstd_blocks_are_read(tmp_path: Path) -> None:
    contents = block([(KEY, b"value")])
    directory = with_table(tmp_path, table([(frame(contents), 2)], [KEY]))
    assert check_leveldb(str(directory)) == []
    assert read_newest(str(directory)) == {b"key": b"value", b"k": b"v"}


def test_a_huge_row_is_checked_in_pieces(tmp_path: Path) -> None:
    """32 MB of it in a table, as much in a log, where a record is put together before it is read."""
    huge = bytes(32 << 20)
    directory = with_table(tmp_path, table([(block([(KEY, huge)]), 0)], [KEY]))
    (directory / "000003.log").write_bytes(log([batch(2, [(b"k", huge)])]))
    del huge
    tracemalloc.start()
    try:
        assert check_leveldb(str(directory)) == []
        assert tracemalloc.get_traced_memory()[1] < (2 * 32 << 20) + CONSTANT
    finally:
        tracemalloc.stop()
