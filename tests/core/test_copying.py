from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wagit.core import copying
from wagit.core.atomic import named

BLOCK = 4096
REFUSALS = (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
# Data or a hole, and how long in bytes.
layouts = st.lists(st.tuples(st.booleans(), st.sampled_from([1, 100, BLOCK, 3 * BLOCK + 7])), max_size=6)
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


def lay_out(path: Path, layout: list[tuple[bool, int]]) -> bytes:
    """Write a file of data and holes, and tell what it reads as."""
    with path.open("wb") as file:
        for is_data, length in layout:
            if is_data:
                file.write(os.urandom(length))
            else:
                file.seek(length, os.SEEK_CUR)
        file.truncate(file.tell())
    return path.read_bytes()


def copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with source.open("rb") as reading, target.open("x+b") as writing:
        copying.copy_contents(reading.fileno(), writing.fileno())


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return copying.hash_of(file.fileno())


def blocks(path: Path) -> int:
    """Bytes on disk."""
    return path.stat().st_blocks * 512


def failing(number: int) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    return fail


@reuse
@given(layout=layouts)
def test_a_copy_of_any_layout_is_equal_and_its_hash_that_of_the_bytes(
    tmp_path: Path, layout: list[tuple[bool, int]]
) -> None:
    contents = lay_out(tmp_path / "a", layout)
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == contents
    assert hash_of(tmp_path / "b") == hash_of(tmp_path / "a") == blake3(contents).hexdigest()


@pytest.mark.parametrize("by", ["the kernel", "hand"])
def test_holes_stay_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    monkeypatch.setattr(fcntl, "ioctl", failing(errno.EOPNOTSUPP))
    if by == "hand":
        monkeypatch.setattr(os, "copy_file_range", failing(errno.ENOSYS))
    lay_out(tmp_path / "a", [(False, 1 << 20), (True, BLOCK), (False, 1 << 20), (True, 10), (False, 1 << 20)])
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()
    assert blocks(tmp_path / "b") <= blocks(tmp_path / "a") <= 4 * BLOCK


@pytest.mark.parametrize("number", REFUSALS)
def test_what_a_file_system_cannot_do_is_done_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(fcntl, "ioctl", failing(number))
    monkeypatch.setattr(os, "copy_file_range", failing(number))
    contents = lay_out(tmp_path / "a", [(True, 5 * copying.CHUNK // 2), (False, BLOCK), (True, 1)])
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == contents


def test_a_system_without_these_calls_copies_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delattr(os, "copy_file_range")
    monkeypatch.delattr(os, "SEEK_DATA")
    monkeypatch.delattr(os, "readv")
    contents = lay_out(tmp_path / "a", [(True, 10), (False, 1 << 20), (True, 1)])
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == contents
    assert hash_of(tmp_path / "b") == blake3(contents).hexdigest()


def test_a_file_system_that_cannot_tell_holes_is_copied_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seek = os.lseek
    monkeypatch.setattr(
        os, "lseek", lambda fd, at, how: seek(fd, at, how) if how == os.SEEK_SET else failing(errno.EINVAL)()
    )
    contents = lay_out(tmp_path / "a", [(False, 1 << 20), (True, 1)])
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == contents
    assert hash_of(tmp_path / "b") == blake3(contents).hexdigest()


def test_a_kernel_that_wrongly_copies_nothing_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "ioctl", failing(errno.EOPNOTSUPP))
    monkeypatch.setattr(os, "copy_file_range", lambda *_: 0)
    contents = lay_out(tmp_path / "a", [(True, 100_000)])
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == contents


def test_short_copies_and_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "ioctl", failing(errno.EOPNOTSUPP))
    copy_range, write = os.copy_file_range, os.write
    monkeypatch.setattr(os, "copy_file_range", lambda a, b, n, *at: copy_range(a, b, min(n, 1000), *at))
    contents = lay_out(tmp_path / "a", [(True, 10_000), (False, BLOCK), (True, 5_000)])
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == contents
    monkeypatch.setattr(os, "copy_file_range", failing(errno.EXDEV))
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:1000]))
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == contents


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("name", ["ioctl", "copy_file_range"])
def test_what_is_an_error_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, name: str
) -> None:
    monkeypatch.setattr(fcntl, "ioctl", failing(number if name == "ioctl" else errno.EOPNOTSUPP))
    monkeypatch.setattr(os, "copy_file_range", failing(number))
    lay_out(tmp_path / "a", [(True, 10)])
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        copy(tmp_path / "a", tmp_path / "b")
    assert caught.value.errno == number


def test_four_gigabytes_of_hole_are_copied_in_no_space(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.write(b"start")
        file.truncate(4 << 30)
        file.seek((2 << 30) + 5)
        file.write(b"middle")
    copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").stat().st_size == 4 << 30
    assert blocks(tmp_path / "b") <= 4 * BLOCK
    with (tmp_path / "b").open("rb") as file:
        assert os.pread(file.fileno(), 5, 0) == b"start"
        assert os.pread(file.fileno(), 8, (2 << 30) + 4) == b"\0middle\0"


def test_an_error_without_a_name_gets_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="named") as caught, named("/named"):
        failing(errno.EIO)()
    assert (caught.value.errno, caught.value.filename) == (errno.EIO, "/named")
    with pytest.raises(FileNotFoundError) as found, named("/named"):
        os.stat(tmp_path / "missing")
    assert found.value.filename == str(tmp_path / "missing") or found.value.filename == tmp_path / "missing"


@pytest.mark.parametrize("age", [0, 3600], ids=["young", "settled"])
@pytest.mark.parametrize("when", ["before it is read", "never"])
def test_of_shared_blocks_the_digest_is_that_of_the_copy(
    age: int, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"old" * 1000)
    now = time.time() + age
    monkeypatch.setattr("time.time_ns", lambda: int(now * 1e9))

    def share(reading: int, writing: int) -> bool:
        os.pwrite(writing, source.read_bytes(), 0)
        if when != "never":
            os.pwrite(reading, b"new", 0)
        return True

    monkeypatch.setattr(copying, "_clone", share)
    with source.open("r+b") as reading, target.open("x+b") as writing:
        digest = copying.copy_and_hash(reading.fileno(), writing.fileno())
    assert target.read_bytes() == b"old" * 1000
    assert digest == hash_of(target)
