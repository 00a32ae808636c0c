"""A file beside what is known of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from blake3 import blake3

from wagit.integrity.findings import Known, no_read
from wagit.integrity.history_files import change_of


@pytest.mark.parametrize(
    ("content", "change"),
    [(b"abc", "equal"), (b"abcd", "grown"), (b"ab", "shorter"), (b"", "shorter"), (b"abd", "other")],
)
def test_changes(tmp_path: Path, content: bytes, change: str) -> None:
    (tmp_path / "file").write_bytes(content)
    assert change_of(str(tmp_path / "file"), Known(3, blake3(b"abc").hexdigest()), no_read) == change


def test_nothing_but_a_file_counts(tmp_path: Path) -> None:
    of_abc = Known(3, blake3(b"abc").hexdigest())
    assert change_of(str(tmp_path / "none"), of_abc, no_read) == "missing"
    os.mkfifo(tmp_path / "pipe")
    assert change_of(str(tmp_path / "pipe"), of_abc, no_read) == "missing"


def test_reading_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(3 << 20))
    told: list[int] = []
    of_it = Known(3 << 20, blake3(bytes(3 << 20)).hexdigest())
    assert change_of(str(tmp_path / "file"), of_it, told.append) == "equal"
    assert sum(told) == 3 << 20
