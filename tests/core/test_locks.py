from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wagit.core.locks import Holder, Locked, acquire, holder_of

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
