"""Single bits flipped in the LevelDB files of a session that real Chromium wrote: all are found."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import long
from tests.support.chromium_sessions import chromium
from wagit.integrity.findings import Finding, broken
from wagit.integrity.identity import INDEXED_DB, LOCAL_STORAGE
from wagit.integrity.leveldb import live_files
from wagit.integrity.leveldb_bytes import Cursor
from wagit.integrity.leveldb_check import check_leveldb
from wagit.integrity.leveldb_log import BLOCK, HEADER
from wagit.integrity.leveldb_table import FOOTER, HANDLES
from wagit.standin.server import Standin

pytestmark = pytest.mark.browser

FLIPS = long.longer(300, 2000)
MEGABYTES = long.longer(8, 20)


@pytest.fixture(scope="module")
def databases(isolated_session: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:  # noqa: ARG001
    """IndexedDB and Local Storage, each with all kinds of files."""
    profile = tmp_path_factory.mktemp("flips") / "profile"
    with Standin.start() as standin, chromium(standin) as browsers:
        browsers.linked(profile, "4915100000001", MEGABYTES)
    found = [profile / f"{INDEXED_DB}.indexeddb.leveldb", profile / LOCAL_STORAGE]
    for directory in found:
        assert check_leveldb(str(directory)) == []
        assert live_files(str(directory)).tables
        assert any((directory / name).stat().st_size for name in live_files(str(directory)).logs)
    yield found
    shutil.rmtree(profile)


class Flip(NamedTuple):
    """A bit of a file."""

    file: Path
    position: int
    bit: int


def checksummed(directory: Path) -> list[Path]:
    live = live_files(str(directory))
    return [directory / name for name in ("CURRENT", live.manifest, *live.logs, *live.tables)]


def drawn(databases: list[Path]) -> Iterator[Flip]:
    """Half of them anywhere, each byte alike; half in a kind of file first, so that small ones get theirs."""
    chance = random.Random(4)
    files = [file for directory in databases for file in checksummed(directory) if file.stat().st_size]
    kinds: dict[tuple[Path, str], list[Path]] = {}
    for file in files:
        kinds.setdefault((file.parent, file.suffix or file.name), []).append(file)
    sizes = [file.stat().st_size for file in files]
    for number in range(FLIPS):
        if number % 2:
            (file,) = chance.choices(files, sizes)
        else:
            file = chance.choice(kinds[chance.choice(sorted(kinds))])
        yield Flip(file, chance.randrange(file.stat().st_size), chance.randrange(8))


def check_flipped(flip: Flip) -> list[Finding]:
    turn(flip)
    found = check_leveldb(str(flip.file.parent))
    turn(flip)
    return found


def turn(flip: Flip) -> None:
    with flip.file.open("r+b", buffering=0) as file:
        file.seek(flip.position)
        (byte,) = file.read(1)
        file.seek(flip.position)
        file.write(bytes([byte ^ 1 << flip.bit]))


def is_padding(flip: Flip) -> bool:
    """Whether LevelDB never reads it: a log block's last bytes, or what a table's footer has to spare."""
    if flip.file.suffix == ".ldb":
        content = flip.file.read_bytes()
        start = len(content) - FOOTER
        cursor = Cursor(content[start : start + HANDLES])
        for _ in range(4):  # offset and size of two blocks
            cursor.varint()
        return start + cursor.position - 1 <= flip.position < start + HANDLES
    return flip.position % BLOCK > BLOCK - HEADER


@long.long
def test_each_is_found_or_in_padding(databases: list[Path]) -> None:
    harmless = 0
    for flip in drawn(databases):
        found = check_flipped(flip)
        assert found, flip
        if not broken(found):
            assert is_padding(flip), flip
            harmless += 1
    assert harmless < FLIPS // 10
    for directory in databases:
        assert check_leveldb(str(directory)) == []


@pytest.mark.parametrize("kind", ["CURRENT", "MANIFEST", "log", "table"])
def test_each_names_its_file(databases: list[Path], kind: str) -> None:
    for directory in databases:
        live = live_files(str(directory))
        logs = [name for name in live.logs if (directory / name).stat().st_size]
        names = {"MANIFEST": live.manifest, "log": logs[0] if logs else "", "table": max(live.tables)}
        file = directory / names.get(kind, kind)
        found = check_flipped(Flip(file, file.stat().st_size // 2, 3))
        assert file.name in {each.file for each in found} or kind in ("CURRENT", "MANIFEST")
        assert broken(found)
