from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.support.killing import killed_at_each_step
from wagit.core.atomic import append_line, atomic_symlink, atomic_write, rename_durably


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")
    atomic_write(path, b"new", mode=0o640)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) & 0o640 == 0o640 & ~_umask()
    assert os.listdir(tmp_path) == ["file"]


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "directory"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        atomic_write(path, b"new")
    assert os.listdir(tmp_path) == ["directory"]


def test_a_link_is_replaced_by_another(tmp_path: Path) -> None:
    link = tmp_path / "link"
    atomic_symlink(link, "one")
    atomic_symlink(link, "two")
    assert os.readlink(link) == "two"
    assert os.listdir(tmp_path) == ["link"]


def test_what_a_killed_replacement_of_a_link_leaves_goes_with_the_next(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    link = root / "link"
    script = tmp_path / "point.py"
    script.write_text("import sys; from wagit.core.atomic import *; atomic_symlink(sys.argv[1], 'new')")

    def reset() -> None:
        for name in os.listdir(root):
            (root / name).unlink()
        atomic_symlink(link, "old")

    for ended in killed_at_each_step(script, [str(link)], root, reset, {}):
        assert os.readlink(link) == ("old" if ended.killed else "new")
        atomic_symlink(link, "next")
        assert os.listdir(root) == ["link"]


def test_killed_anywhere_a_replaced_file_is_the_old_or_the_new(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    path = root / "file"
    script = tmp_path / "write.py"
    script.write_text("import sys; from wagit.core.atomic import *; atomic_write(sys.argv[1], b'new')")

    def reset() -> None:
        for name in os.listdir(root):
            (root / name).unlink()
        path.write_bytes(b"old")

    seen = {
        ended.killed: path.read_bytes() for ended in killed_at_each_step(script, [str(path)], root, reset, {})
    }
    assert seen == {True: b"old", False: b"new"}


def test_lines_are_appended_behind_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append_line(path, b"one")
    with path.open("ab") as file:
        file.write(b"tor")
    append_line(path, b"two")
    assert path.read_bytes() == b"one\ntor\ntwo\n"


def test_a_line_of_which_a_part_was_taken_is_completed_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:2]))
    append_line(path, b"whole line")
    assert path.read_bytes() == b"whole line\n"


def test_a_rename_onto_a_full_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "to" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="not empty"):
        rename_durably(tmp_path / "from", tmp_path / "to")
    assert (tmp_path / "from").is_dir()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
