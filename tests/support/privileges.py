"""Parts of a test in a fork: as a user for whom modes count, or with mounts that nobody else sees."""

from __future__ import annotations

import codecs
import ctypes
import os
import shutil
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import isolated_environ

NOBODY = 65534
_NEWNS, _REC, _PRIVATE = 0x20000, 0x4000, 1 << 18  # linux/sched.h, linux/mount.h
READ_ONLY, REMOUNT, BIND = 1, 0x20, 0x1000


def in_a_fork(run: Callable[[], object], said: Path) -> None:
    """Call `run` in a fork, with `said` for what went wrong; fail as it fails, skip as it skips."""
    codecs.lookup("ascii")  # the interpreter may lie where only root reads
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            run()
            status = 0
        except pytest.skip.Exception as skipped:
            said.write_text(str(skipped))
            status = 2
        except BaseException:
            said.write_text(traceback.format_exc())
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    told = said.read_text() if said.exists() else f"ended with {status}"
    if status == 2:
        pytest.skip(told)
    assert status == 0, told


def as_nobody(run: Callable[[Path], object]) -> None:
    """Call `run` with an empty directory of its own, as a user who is not root."""
    root = Path(tempfile.mkdtemp(prefix="wagit-nobody-"))

    def drop() -> None:
        if os.geteuid() == 0:
            os.chown(root, NOBODY, NOBODY)
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.environ.update(isolated_environ(root / "home"))
        os.umask(0o022)
        run(root)

    try:
        in_a_fork(drop, root / "said")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def own_mounts() -> None:
    """From now on this process's mounts are its own; skips where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEWNS) != 0 or libc.mount(None, b"/", None, _REC | _PRIVATE, None) != 0:
        pytest.skip("this user may not mount anything")


def mount(target: Path, options: str, flags: int = 0) -> None:
    """Mount a tmpfs at `target`, or mount it anew with other options."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(target), b"tmpfs", flags, options.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
