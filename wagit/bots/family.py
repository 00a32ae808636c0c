"""The processes of a bot: its group, its session, and descendants that left both."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from wagit.slots import left_behind

if TYPE_CHECKING:
    import psutil

if sys.platform == "win32":  # untested: no Windows machine was at hand
    TERMINATE = KILL = signal.SIGTERM  # TerminateProcess
else:
    TERMINATE, KILL = signal.SIGTERM, signal.SIGKILL


class Family:
    """The descendants of one child process that leads its own session.

    The leader must not have been reaped: while it is at least a zombie, its pid, which names group and
    session, cannot be another process's. Members are remembered with their start time, so that a
    recycled pid is never taken for one of them. `lock`: the file whose lock the leader inherited; who has
    that as well belongs to it, though it left session and parent before anybody looked.
    """

    def __init__(self, leader: int, lock: str = "") -> None:
        self._leader = leader
        self._lock = lock
        self._remembered: set[psutil.Process] = set()

    def remember(self) -> None:
        """Note the descendants as they are; once their parent has died they cannot be found by descent."""
        import psutil

        with suppress(psutil.Error):
            self._remembered.update(psutil.Process(self._leader).children(recursive=True))
        for pid in left_behind.daemons(self._lock) if self._lock else ():
            with suppress(psutil.Error):
                self._remembered.add(psutil.Process(pid))
        for member in self.strays():
            self._remembered.update(children(member))

    def group_alive(self) -> bool:
        """Whether any process of the leader's group still runs."""
        return any(runs(process) for process in self._members(group=True))

    def signal_group(self, number: int, *, but: int | None = None) -> None:
        """Send a signal to the group, if there is one, but for the process `but` and what that started."""
        spared = tree(but)
        group = list(self._members(group=True)) if sys.platform == "win32" or spared else []
        if sys.platform == "win32" or not spared.isdisjoint(group):
            signal_all((process for process in group if process not in spared), number)
            return
        with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            os.killpg(self._leader, number)

    def strays(self) -> list[psutil.Process]:
        """The members outside the group that still run."""
        group = set(self._members(group=True))
        others = self._remembered.union(self._members(group=False)) - group
        return [process for process in others if runs(process)]

    def signal_strays(self, number: int) -> None:
        """Send a signal to each member outside the group."""
        signal_all(self.strays(), number)

    def _members(self, *, group: bool) -> Iterator[psutil.Process]:
        import psutil

        if sys.platform == "win32":
            yield from self._remembered if group else ()
            return
        number_of = os.getpgid if group else os.getsid
        for pid in psutil.pids():
            try:
                if number_of(pid) == self._leader:
                    yield psutil.Process(pid)
            except (OSError, psutil.Error):
                continue


def others_in_group(group: int) -> list[int]:
    """The other processes of our own process group."""
    import psutil

    return [pid for pid in psutil.pids() if pid != os.getpid() and group_of(pid) == group]


def group_of(pid: int) -> int | None:
    """The process group of `pid`; None when it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def signal_all(processes: Iterable[psutil.Process], number: int) -> None:
    """Send a signal to each process that is still the same one."""
    for process in processes:
        _send(process, number)


def _send(process: psutil.Process, number: int) -> None:
    import psutil

    with suppress(psutil.Error, OSError):
        process.send_signal(number)


def tree(pid: int | None) -> set[psutil.Process]:
    """The process and its descendants."""
    import psutil

    try:
        process = psutil.Process(pid) if pid is not None else None
    except psutil.Error:
        return set()
    return {process, *children(process)} if process is not None else set()


def children(process: psutil.Process) -> list[psutil.Process]:
    """The descendants of a process."""
    import psutil

    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def runs(process: psutil.Process) -> bool:
    """Whether it is still the same process, and no zombie."""
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
