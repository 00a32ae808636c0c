"""whatsmeow's database, damaged in every way: found, or harmless because SQLite reads all rows as before."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.support import sqlite_whatsmeow as whatsmeow
from tests.support.long import long, longer
from tests.support.sqlite_damage import DAMAGES, PARTS, copy_of
from wagit.integrity.findings import broken
from wagit.integrity.sqlite_check_whatsmeow import check_whatsmeow
from wagit.integrity.sqlite_copy import query


@pytest.fixture(scope="module", params=[0, 40], ids=["rows in the -wal", "rows in the database"])
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database whose bot was killed."""
    path = tmp_path_factory.mktemp("killed") / "store.db"
    return whatsmeow.write_killed(path, checkpoint=request.param, rows=60)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whatsmeow.write_killed(tmp_path_factory.mktemp("other") / "store.db", 99, checkpoint=30, rows=80)


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
