"""LevelDB directories for tests: written by LevelDB itself, or byte by byte, with right checksums around
anything.

write(path / "database", seed=1)  # plyvel; skips where there is none
make(path, [Edit()], {"000003.log": log([batch(1, [(b"key", b"value")])])})
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from wagit.integrity.crc32c import masked_crc32c
from wagit.integrity.leveldb_log import BLOCK, FIRST, FULL, HEADER, LAST, MIDDLE
from wagit.integrity.leveldb_table import HANDLES, MAGIC

Writes = Sequence[tuple[bytes, bytes | None]]  # None: a deletion


def plyvel() -> Any:
    """The bindings to LevelDB; skips where there is no wheel of them."""
    return pytest.importorskip("plyvel", reason="plyvel has no wheel for this Python")


def write(directory: Path, seed: int, *, writes: int = 8000, compression: str | None = "snappy") -> None:
    """Overwrites and deletions over several runs, with small buffers so that LevelDB compacts."""
    chance = random.Random(seed)
    for _ in range(2):
        database = plyvel().DB(
            str(directory), create_if_missing=True, write_buffer_size=1 << 16, compression=compression
        )
        for number in range(writes):
            key = b"key%06d" % chance.randrange(writes // 3)
            if chance.random() < 0.3:
                database.delete(key)
            else:
                database.put(key, b"%d" % number * chance.randrange(30))
        database.put(b"large", bytes(chance.randrange(256) for _ in range(70_000)))  # three fragments
        with database.write_batch() as batch:
            batch.put(b"batched", b"1")
            batch.delete(b"key000001")
        database.close()


def truth(directory: Path) -> dict[bytes, bytes]:
    """What LevelDB finds, as strict as Chromium is with IndexedDB. Raises plyvel.Error on damage."""
    database = plyvel().DB(str(directory), paranoid_checks=True)
    try:
        with database.iterator(verify_checksums=True) as rows:
            return dict(rows)
    finally:
        database.close()


def varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def string(data: bytes) -> bytes:
    return varint(len(data)) + data


def internal(key: bytes, sequence: int, kind: int = 1) -> bytes:
    return key + (sequence << 8 | kind).to_bytes(8, "little")


def batch(sequence: int, writes: Writes) -> bytes:
    """The contents of a log's record."""
    encoded = [
        b"\0" + string(key) if value is None else b"\1" + string(key) + string(value) for key, value in writes
    ]
    return sequence.to_bytes(8, "little") + len(writes).to_bytes(4, "little") + b"".join(encoded)


def log(records: Iterable[bytes]) -> bytes:
    """A `.log` or MANIFEST of these records, in fragments as LevelDB writes them."""
    written = bytearray()
    for record in records:
        position, kind = 0, FIRST
        while True:
            if (left := BLOCK - len(written) % BLOCK) < HEADER:
                written += bytes(left)
                left = BLOCK
            part = record[position : position + left - HEADER]
            position += len(part)
            done = position == len(record)
            written += fragment(part, (FULL if kind == FIRST else LAST) if done else kind)
            if done:
                break
            kind = MIDDLE
    return bytes(written)


def fragment(payload: bytes, kind: int) -> bytes:
    checked = bytes([kind]) + payload
    return masked_crc32c(checked).to_bytes(4, "little") + len(payload).to_bytes(2, "little") + checked


def block(rows: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A block of a table as it is before compression, no key shortened."""
    encoded = b"".join(b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in rows)
    return encoded + bytes(4) + (1).to_bytes(4, "little")


def table(
    blocks: Sequence[tuple[bytes, int]],
    keys: Sequence[bytes],
    meta: bytes | None = None,
    index: tuple[bytes, int] | None = None,
) -> bytes:
    """A table of data blocks, which are given as they lie in the file, with their compression.

    `meta` is a filter block, `index` takes the place of the right one.
    """
    written = bytearray()

    def add(contents: bytes, kind: int = 0) -> bytes:
        handle = varint(len(written)) + varint(len(contents))
        written.extend(contents + bytes([kind]))
        written.extend(masked_crc32c(contents + bytes([kind])).to_bytes(4, "little"))
        return handle

    handles = [add(*each) for each in blocks]
    filters = [] if meta is None else [(b"filter.test", add(meta))]
    ends = add(block(filters))
    ends += add(*(index or (block(zip(keys, handles, strict=True)), 0)))
    return bytes(written) + ends.ljust(HANDLES, b"\0") + MAGIC


class Edit(NamedTuple):
    """A version edit of a MANIFEST."""

    log: int = 3
    next_file: int = 9
    last_sequence: int = 0
    tables: tuple[tuple[int, int, bytes, bytes], ...] = ()  # number, size, smallest, largest
    comparator: str = "leveldb.BytewiseComparator"

    def encoded(self) -> bytes:
        numbers = b"".join(
            bytes([tag]) + varint(number)
            for tag, number in ((2, self.log), (3, self.next_file), (4, self.last_sequence))
        )
        tables = b"".join(
            b"\7\0" + varint(number) + varint(size) + string(first) + string(last)
            for number, size, first, last in self.tables
        )
        return b"\1" + string(self.comparator.encode()) + numbers + tables


def make(directory: Path, edits: Iterable[Edit], files: Mapping[str, bytes | bytearray]) -> Path:
    """Write a database: CURRENT, a MANIFEST of `edits`, and `files`, which may take the place of these."""
    directory.mkdir(parents=True, exist_ok=True)
    manifest = log(edit.encoded() for edit in edits)
    made = {"CURRENT": b"MANIFEST-000001\n", "MANIFEST-000001": manifest}
    for name, content in {**made, **files}.items():
        (directory / name).write_bytes(content)
    return directory


def files_of(directory: Path) -> dict[str, bytes]:
    """The files that count for a check, with their contents."""
    names = [path for path in directory.iterdir() if path.name not in {"LOCK", "LOG", "LOG.old"}]
    return {path.name: path.read_bytes() for path in sorted(names)}
