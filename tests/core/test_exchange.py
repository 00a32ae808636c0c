"""Two directories change places in one step, or nothing happens."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wagit.core.exchange import exchange


def directory(path: Path, content: str) -> Path:
    (path / "below").mkdir(parents=True)
    (path / "below" / "file").write_text(content)
    return path


def content(path: Path) -> str:
    return (path / "below" / "file").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="the file systems of others may not be able to")
def test_directories_change_places(tmp_path: Path) -> None:
    one, other = directory(tmp_path / "a" / "ö n e", "one"), directory(tmp_path / "b" / "other", "other")
    inodes = one.stat().st_ino, other.stat().st_ino
    assert exchange(str(one), str(other))
    assert (content(one), content(other)) == ("other", "one")
    assert (other.stat().st_ino, one.stat().st_ino) == inodes


def test_a_directory_and_a_file_change_places(tmp_path: Path) -> None:
    """A bot may have put a file where its data belongs."""
    one, other = directory(tmp_path / "one", "one"), tmp_path / "other"
    other.write_text("other")
    if exchange(str(one), str(other)):
        assert (content(other), one.read_text()) == ("one", "other")


def test_a_missing_one_is_an_error_that_names_both(tmp_path: Path) -> None:
    one = directory(tmp_path / "one", "one")
    with pytest.raises(FileNotFoundError) as error:
        exchange(str(one), str(tmp_path / "other"))
    assert (error.value.filename, error.value.filename2) == (str(one), str(tmp_path / "other"))
    assert os.listdir(tmp_path) == ["one"]


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs a second file system")
def test_two_file_systems_are_an_error(tmp_path: Path) -> None:
    if os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("one file system")
    one, other = directory(tmp_path / "one", "one"), Path(f"/dev/shm/wagit-{os.getpid()}")
    other.mkdir()
    try:
        with pytest.raises(OSError, match="cross-device"):
            exchange(str(one), str(other))
        assert content(one) == "one"
    finally:
        other.rmdir()
