"""The host's socket: who may reach it, and what is left of it."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from tests.support.hosted import Hosted
from wagit.bots.browser_host import BrowserHost


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """The test's home, whose path is short; pytest has chosen its own directory by then."""
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    return home


def left_by_a_killed_host(directory: Path, seconds_ago: float) -> Path:
    directory.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(directory / "host"))
    then = (directory / "host").stat().st_mtime - seconds_ago
    os.utime(directory / "host", (then, then))
    return directory


def test_only_this_user_can_reach_it(hosted: Hosted) -> None:
    assert stat.S_IMODE(os.stat(os.path.dirname(hosted.host.address)).st_mode) == 0o700


def test_nothing_is_left_at_the_end(temporary: Path) -> None:
    host = BrowserHost(print)
    host.start()
    assert list(temporary.glob("wagit-browser-*"))
    host.stop()
    assert not list(temporary.glob("wagit-browser-*"))


def test_what_a_killed_host_left_is_removed_and_a_living_one_is_not(temporary: Path, hosted: Hosted) -> None:
    os.utime(hosted.host.address, (0, 0))
    dead = left_by_a_killed_host(temporary / "wagit-browser-dead", seconds_ago=100)
    young = left_by_a_killed_host(temporary / "wagit-browser-young", seconds_ago=0)
    (temporary / "wagit-browser-other").mkdir()
    host = BrowserHost(print)
    host.start()
    host.stop()
    assert not dead.exists()
    assert young.exists()
    assert os.path.exists(hosted.host.address)
    assert (temporary / "wagit-browser-other").exists()


@pytest.mark.parametrize("asked", [b"", b"x\n", b"[]\n", b"{}\n", b'{"program": 1}\n', b"\xff\n"])
def test_nonsense_is_answered_with_own(hosted: Hosted, asked: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.connect(hosted.host.address)
        asking.sendall(asked)
        asking.shutdown(socket.SHUT_WR)
        assert asking.recv(4096) == b'{"answer": "own"}\n'
    assert not hosted.notices
