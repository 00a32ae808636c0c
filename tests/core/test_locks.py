from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.browser import eventually
from wagit.core.locks import Holder, Locked, acquire, holder_of
from wagit.drivers import proc

ME = Holder("here", 42, 1.5, "wagit run", "/repo", 2.5)
HOLD = """
import sys
from wagit.core.locks import *
h = acquire(sys.argv[1], Holder(*{!r}))
print('held', flush=True)
"""


def holding(path: Path, then: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(tuple(ME)) + then, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def ended(child: subprocess.Popen[str]) -> None:
    child.communicate(timeout=30)


def test_a_held_lock_names_its_holder_and_refuses_others(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with acquire(path, ME):
        assert holder_of(path) == ME
        with pytest.raises(Locked) as caught:
            acquire(path)
        assert caught.value.holder == ME
        assert "wagit run (pid 42 on here, in /repo)" in caught.value.message
    assert holder_of(path) is None
    acquire(path).release()


def test_a_killed_holder_leaves_no_lock_though_its_name_stays_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    child = holding(path, "sys.stdin.read()")
    assert holder_of(path) == ME
    child.kill()
    ended(child)
    assert b"wagit run" in path.read_bytes()
    assert holder_of(path) is None


def test_a_child_that_inherits_the_descriptor_keeps_the_lock_of_a_killed_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    then = "import subprocess; subprocess.Popen(['cat'], pass_fds=[h.descriptor], stdout=2); os._exit(9)"
    child = holding(path, "import os; " + then)
    child.wait(timeout=30)
    assert holder_of(path) == ME
    assert child.stdin is not None
    child.stdin.close()  # cat ends
    deadline = acquire(path, wait=10)
    deadline.release()
    assert child.stdout is not None
    child.stdout.close()


def test_waiting_outlasts_a_holder_that_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    child = holding(path, "sys.stdin.read()")
    assert child.stdin is not None
    child.stdin.close()
    acquire(path, wait=10).release()
    child.wait(timeout=30)
    assert child.stdout is not None
    child.stdout.close()


def test_nobody_holds_a_lock_that_was_never_made(tmp_path: Path) -> None:
    assert holder_of(tmp_path / "none") is None
    assert not os.path.exists(tmp_path / "none")


def test_a_lock_whose_directory_is_renamed_while_we_wait_is_not_ours(tmp_path: Path) -> None:
    """Else a bot would write the slot of that name while it holds the lock of another."""
    slot = tmp_path / "slot"
    slot.mkdir()
    held = acquire(slot / "lock", ME)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(acquire, slot / "lock", wait=30.0)
        eventually(lambda: len(_names_of_open_files(slot / "lock")) == 2)
        slot.rename(tmp_path / "renamed")
        slot.mkdir()
        held.release()
    with waiting.result(), pytest.raises(Locked):
        acquire(slot / "lock")


def _names_of_open_files(path: Path) -> list[str]:
    return [name for name in proc.open_files(os.getpid()) if name == str(path)]


def test_a_lock_that_cannot_name_its_holder_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk; a supervisor that goes on would be in its own way."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            acquire(tmp_path / "lock", ME)
    acquire(tmp_path / "lock").release()
