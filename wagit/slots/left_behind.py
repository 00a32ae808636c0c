"""Which processes a killed wagit left with a slot's lock: they inherited it, and hold it on.

Linux alone tells who holds a lock: elsewhere nobody is found, for a process that waits for it has the
same file open.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.core.locks import Holder, holder_of
from wagit.core.processes import HAS_PROC, host_name, stat_fields
from wagit.drivers import proc


class LeftBehind(NamedTuple):
    """The processes `pids` hold the lock that a dead `holder` took."""

    holder: Holder
    pids: tuple[int, ...]

    def first(self) -> list[int]:
        """Those that none of the others started."""
        return [pid for pid in self.pids if _parent(pid) not in self.pids]


def find(lock: str) -> LeftBehind | None:
    """Who was left with the lock; None while its holder lives, and when nobody was.

    Also None for what is not ours to end: another host's, another container's, another user's, and what
    started the calling process.
    """
    holder = holder_of(lock)
    if holder is None or not HAS_PROC or holder.host != host_name() or holds(holder.pid, lock):
        return None
    # Not by its start time: that is another one once the clock was set. A holder that lives has its lock.
    left = [pid for pid in [os.getpid(), *proc.pids()] if holds(pid, lock)]
    if not left or not _above().isdisjoint(left) or not all(_is_ours(pid) for pid in left):
        return None
    return LeftBehind(holder, tuple(left))


def daemons(lock: str) -> list[int]:
    """Who inherited a lock that this process took, and is no child of it: a bot's, wherever it went."""
    if not HAS_PROC:
        return []
    me, began = os.getpid(), _began(os.getpid())
    younger = [pid for pid in proc.pids() if _began(pid) >= began and _parent(pid) != me]
    return [pid for pid in younger if holds(pid, lock)]


def holds(pid: int, lock: str) -> bool:
    """Whether `pid` has the open file that holds the lock, maybe an inherited one. See proc(5), fdinfo."""
    wanted, base = os.path.realpath(lock), f"/proc/{pid}"
    try:
        for number in os.listdir(f"{base}/fd"):
            if _target(f"{base}/fd/{number}") == wanted and _is_locked(f"{base}/fdinfo/{number}"):
                return True
    except OSError:  # it has ended, or is another user's
        pass
    return False


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _is_locked(fdinfo: str) -> bool:
    try:
        with open(fdinfo, encoding="ascii", errors="replace") as file:
            return any(line.startswith("lock:") and " FLOCK " in line for line in file)
    except OSError:
        return False


def _above() -> set[int]:
    """The calling process and its ancestors."""
    found, pid = set(), os.getpid()
    while pid and pid not in found:
        found.add(pid)
        pid = _parent(pid)
    return found


def _began(pid: int) -> int:
    """In clock ticks since boot: field 22 of proc(5)'s stat, of which the third one is the first here."""
    return int((stat_fields(pid) or ["0"] * 20)[19])


def _parent(pid: int) -> int:
    return int((stat_fields(pid) or ["", "0"])[1])


def _user(pid: int) -> int | None:
    """Whose it is; its directory's owner is another one's when it changed that itself. See proc(5)."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("Uid:")), None)


def _is_ours(pid: int) -> bool:
    """Whether it is this user's, and of this container: pids of another one name other processes here."""
    try:
        return _user(pid) == os.getuid() and os.path.samefile(f"/proc/{pid}/ns/pid", "/proc/self/ns/pid")
    except OSError:
        return False
