"""The log of a bot in the background: its bytes, its size, and who reads it while it rotates."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from wagit.bots.child import start
from wagit.bots.lines import Lines
from wagit.bots.log_rotation import KEPT, Place, RotatingLog, files, rotate, since, tail
from wagit.bots.log_screen import LogScreen
from wagit.core.clock import StoppedClock, SystemClock


def never(error: OSError) -> None:
    raise error


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "bot.log"


def read(path: Path) -> bytes:
    return b"".join(Path(name).read_bytes() for name in files(str(path)))


def test_a_log_keeps_every_byte_in_files_of_bounded_size(path: Path) -> None:
    log = RotatingLog(str(path), never, largest=100)
    written = b""
    for number in range(20):
        line = b"%02d \xff\x1b[1m\r\x00\n" % number
        log.write(line)
        written += line
    assert read(path) == written
    assert [Path(name).name for name in files(str(path))] == ["bot.log.2", "bot.log.1", "bot.log"]
    assert all(os.path.getsize(name) <= 100 for name in files(str(path)))
    assert {Path(name).stat().st_mode & 0o777 for name in files(str(path))} == {0o600}


def test_the_oldest_file_goes_when_there_are_five(path: Path) -> None:
    log = RotatingLog(str(path), never, largest=10)
    for number in range(30):
        log.write(b"line %02d\n" % number)
    assert read(path) == b"".join(b"line %02d\n" % number for number in range(25, 30))
    assert len(files(str(path))) == KEPT


@pytest.mark.parametrize("renames", range(1, 4))
def test_a_kill_between_two_renames_loses_nothing_but_the_oldest(
    path: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    for number in range(1, KEPT):
        Path(f"{path}.{number}").write_bytes(b"%d\n" % number)
    path.write_bytes(b"0\n")
    done, real = 0, os.replace

    def replace(source: str, target: str) -> None:
        nonlocal done
        if done == renames:
            raise KeyboardInterrupt
        done += 1
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        rotate(str(path))
    monkeypatch.undo()
    assert read(path) == b"3\n2\n1\n0\n"
    RotatingLog(str(path), never, largest=1).write(b"next\n")
    assert read(path) == b"3\n2\n1\n0\nnext\n"


def test_a_line_that_is_longer_than_a_file_is_kept_too(path: Path) -> None:
    log = RotatingLog(str(path), never, largest=10)
    log.write(b"short\n")
    log.write(b"x" * 50 + b"\nend\n")
    assert read(path) == b"short\n" + b"x" * 50 + b"\nend\n"


def test_a_full_disk_is_told_once_and_stops_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[OSError] = []
    log = RotatingLog(str(path), told.append)
    log.write(b"before\n")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        log.write(b"lost\n")
        log.write(b"lost\n")
    assert [error.errno for error in told] == [errno.ENOSPC]
    log.write(b"after\n")
    assert path.read_bytes() == b"before\nafter\n"


@pytest.mark.parametrize(
    ("lines", "expected"), [(1, b"c\n"), (2, b"b\r-\nc\n"), (9, b"a\nb\r-\nc\n"), (0, b"a\nb\r-\nc\n")]
)
def test_the_tail_of_a_log_goes_back_into_older_files(path: Path, lines: int, expected: bytes) -> None:
    path.parent.mkdir()
    Path(f"{path}.1").write_bytes(b"a\nb\r")
    path.write_bytes(b"-\nc\n")
    assert tail(str(path), lines)[0] == expected
    assert tail(str(path) + "nowhere", lines) == (b"", Place())


def test_reading_goes_on_where_it_was_however_often_the_log_was_rotated(path: Path) -> None:
    log = RotatingLog(str(path), never, largest=20)
    log.write(b"first\n")
    _, place = tail(str(path), 0)
    got = b""
    for number in range(9):
        log.write(b"line %d\n" % number)
        if number % 4 == 3:
            for chunk, read_on in since(str(path), place):
                place = read_on
                got += chunk
    for chunk, _ in since(str(path), place):
        got += chunk
    assert got == b"".join(b"line %d\n" % number for number in range(9))


def test_a_bots_output_and_the_notices_are_in_one_log(path: Path) -> None:
    """The bot's bytes come as they are, and its lines to whoever listens; its input is empty."""
    lines = Lines()
    heard: list[str] = []
    lines.listen(heard.append)
    screen = LogScreen(RotatingLog(str(path), never), lines=lines, clock=StoppedClock(SystemClock()))
    with screen.streams() as streams:
        child = start(
            ["sh", "-c", "cat; echo out; printf 'err\\377' >&2"], "/", dict(os.environ), (), streams
        )
    assert child.wait(30)
    screen.bot_gone()
    child.reap()
    screen.notice("two\nlines")
    logged = path.read_bytes()
    assert logged.startswith(b"out\nerr\xff\nwagit: 20")
    assert logged.endswith(b"Z two lines\n")
    assert (heard, lines.is_fed) == (["out"], True)
