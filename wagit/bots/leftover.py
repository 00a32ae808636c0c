"""A bot whose wagit was killed, as one that can be stopped safely: whoever has its slot's lock."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from wagit.bots.family import KILL, TERMINATE, Family, children, group_of, runs, signal_all, tree
from wagit.browser.waiting import wait_for_exit

if TYPE_CHECKING:
    import psutil


class LeftFamily(Family):
    """The processes that hold a lock, and their descendants.

    `holds` is asked before each signal: who has let go of the lock is spared, unless it descends from one
    that had it. Processes count as a group when they share one with who had the lock.
    """

    def __init__(self, pids: Iterable[int], holds: Callable[[int], bool]) -> None:
        import psutil

        super().__init__(0)
        self._holds = holds
        self._had: set[psutil.Process] = set()
        self._groups: set[int] = set()
        for pid in pids:
            with suppress(psutil.Error, OSError):
                self._had.add(psutil.Process(pid))
                self._groups.add(os.getpgid(pid))

    def remember(self) -> None:
        """Note the descendants as they are."""
        for process in [*self._had, *self._remembered]:
            self._remembered.update(children(process))

    def signal_group(self, number: int, *, but: int | None = None) -> None:
        """Send a signal to the group, but for the process `but` and what that started."""
        spared = tree(but)
        signal_all((process for process in self.group() if process not in spared), number)

    def group(self) -> list[psutil.Process]:
        """Who is in it and still runs."""
        return [process for process in self._members(group=True) if runs(process)]

    def _members(self, *, group: bool) -> Iterator[psutil.Process]:
        if not group:
            return
        for process in self._had | self._remembered:
            descends = process in self._remembered and group_of(process.pid) in self._groups
            if descends or (process in self._had and self._holds(process.pid)):
                yield process


class LeftBot:
    """The same as a `Running` that nobody waits for: its exit status is not ours to have."""

    pid = 0

    def __init__(self, family: LeftFamily) -> None:
        self.family: Family = family
        self._family = family

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until one of the group has ended; whether all have."""
        for process in self._family.group()[:1]:
            wait_for_exit(process.pid, timeout)
        return not self._family.group_alive()

    @property
    def status(self) -> int | None:
        """0 once it has ended."""
        return None if self._family.group_alive() else 0

    def terminate(self) -> None:
        """Ask it to end, also when a killed wagit left it stopped."""
        self._family.signal_group(TERMINATE)
        self.resume()

    def kill(self) -> None:
        """End it."""
        self._family.signal_group(KILL)

    def pause(self, *, but: int | None = None) -> None:
        """Hold it until `resume`."""
        known = -1
        while known < len(members := self._family.group()):  # what was started meanwhile, too
            known = len(members)
            self._family.signal_group(signal.SIGSTOP, but=but)
            self._family.remember()

    def resume(self) -> None:
        """Let it go on."""
        self._family.signal_group(signal.SIGCONT)

    def reap(self) -> None:
        """It is no child of ours."""
