"""Any bytes as a database, its -wal, -journal and -shm give findings: no exception, no endless work."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import sqlite_whatsmeow as whatsmeow
from tests.support.long import long, longer
from wagit.integrity.sqlite_check_whatsmeow import check_whatsmeow
from wagit.integrity.sqlite_copy import query

PARTS = ("", "-wal", "-journal", "-shm")
SETTINGS = settings(
    max_examples=longer(60, 3000),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# A part is none, any bytes, or a real one's with some bytes replaced.
CHANGES = st.lists(st.tuples(st.floats(0, 0.9999), st.binary(min_size=1, max_size=40)), max_size=8)
PART = st.one_of(st.none(), st.binary(max_size=3000), CHANGES)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = whatsmeow.write_killed(tmp_path_factory.mktemp("real") / "store.db", checkpoint=9, rows=5)
    journal = bytes.fromhex("d9d505f920a163d700000002") + Random(3).randbytes(9000)
    Path(f"{database}-journal").write_bytes(journal)
    return database


def changed(content: bytes, changes: list[tuple[float, bytes]]) -> bytes:
    result = bytearray(content)
    for at, patch in changes:
        start = int(at * len(result))
        result[start : start + len(patch)] = patch
    return bytes(result)


@long
@SETTINGS
@given(parts=st.fixed_dictionaries(dict.fromkeys(PARTS, PART)))
def test_any_bytes_give_findings(
    real: Path, tmp_path: Path, parts: dict[str, bytes | list[tuple[float, bytes]] | None]
) -> None:
    database = tmp_path / "store.db"
    for part, content in parts.items():
        file = Path(f"{database}{part}")
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(
                changed(Path(f"{real}{part}").read_bytes(), content) if isinstance(content, list) else content
            )
    for found in check_whatsmeow(str(database), "store.db"):
        assert found.what
    query(str(database), "SELECT jid FROM whatsmeow_device")


def test_memory_stays_below_twice_the_file(tmp_path: Path) -> None:
    database = whatsmeow.write_killed(tmp_path / "store.db", rows=300)
    size = Path(f"{database}-wal").stat().st_size
    check_whatsmeow(str(database), "store.db")  # what it imports is not counted
    tracemalloc.start()
    check_whatsmeow(str(database), "store.db")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size // 4
