"""Locks that name their holder.

A lock is an advisory lock on an open file (`flock`, on Windows `msvcrt.locking`). The kernel drops it
when the last process that inherited the descriptor ends, so a crash never leaves one behind; the JSON
in the file only says who it was and counts for nothing while nobody holds the lock.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import NamedTuple

from wagit.core.atomic import named
from wagit.core.errors import WagitError

if sys.platform == "win32":  # untested: no Windows machine was at hand
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # beyond the text, which stays readable
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Holder(NamedTuple):
    """Who holds a lock, in words for people and numbers for programs.

    `yields`: it may be killed at any time by who wants the lock, and nothing is lost. `brief`: it ends by
    itself within seconds, so that waiting is worth it. `control`: the control socket at which it can be asked
    to let go, which it does when nothing but a warm browser is left.
    """

    host: str
    pid: int
    started: float
    command: str
    worktree: str
    since: float
    yields: bool = False
    brief: bool = False
    control: str = ""

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid} on {self.host}, in {self.worktree})"


class Locked(WagitError):
    """Another process holds the lock."""

    code = "locked"

    def __init__(self, message: str, hint: str = "", holder: Holder | None = None) -> None:
        super().__init__(message, hint)
        self.holder = holder


class HeldLock:
    """A lock that is held until `release`, or until every process that inherited it has ended."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def release(self) -> None:
        """Let go; the file stays, for the next holder. Does nothing the second time."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> HeldLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire(path: str | os.PathLike[str], holder: Holder | None = None, *, wait: float = 0.025) -> HeldLock:
    """Take the lock at `path` within `wait` seconds and write `holder` into it.

    Raises Locked, naming the holder, when it stays taken; OSError when the file cannot be made. The
    default wait only outlasts the microseconds in which `holder_of` looks whether a lock is free. The
    descriptor is not inherited unless the caller passes it on (`pass_fds`).
    """
    deadline = time.monotonic() + wait
    descriptor = _open(path)
    try:
        with named(os.fspath(path)):
            _wait(descriptor, path, deadline)
            if _is_at(descriptor, path):
                os.ftruncate(descriptor, 0)
                if holder is not None:
                    os.pwrite(descriptor, json.dumps(holder._asdict()).encode(), 0)
                return HeldLock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)  # what it is in was renamed or removed while we waited
    return acquire(path, holder, wait=max(0.0, deadline - time.monotonic()))


def _wait(descriptor: int, path: str | os.PathLike[str], deadline: float) -> None:
    while not _try_lock(descriptor):
        if time.monotonic() >= deadline:
            current = _read(descriptor)
            raise Locked(f"{os.fspath(path)} is held by {current or 'an unnamed process'}", holder=current)
        time.sleep(0.005)


def _open(path: str | os.PathLike[str]) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)


def _is_at(descriptor: int, path: str | os.PathLike[str]) -> bool:
    """Whether `path` still names the file that is open."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def holder_of(path: str | os.PathLike[str]) -> Holder | None:
    """Who holds the lock at `path` now; None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(descriptor):
            return None
        return _read(descriptor) or Holder("?", 0, 0.0, "an unnamed process", "?", 0.0)
    finally:
        os.close(descriptor)


def lasting_holder_of(path: str | os.PathLike[str]) -> Holder | None:
    """Who holds the lock for longer than a moment: a bot or its supervisor, not a snapshot or a restore."""
    holder = holder_of(path)
    return None if holder is not None and (holder.yields or holder.brief) else holder


def last_holder(path: str | os.PathLike[str]) -> Holder | None:
    """Who took the lock last, whether it is still held or not; None when nobody is named."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Holder | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        return Holder(**json.loads(os.read(descriptor, 65536)))
    except (ValueError, TypeError):
        return None  # read between truncate and write
