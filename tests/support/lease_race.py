"""Two machines that want one lease at once, each as a process; and one that is frozen while it has it.

Whoever has the lease holds a marker file that can be made only once: two holders at a time cannot hide.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tests.support.machines import Machine
from tests.support.team_keys import SECRET
from wagit.core.boot_clock import BootClock
from wagit.core.repository import find
from wagit.team import lease
from wagit.team.access import Access, first_head, read_head, remember, write_head
from wagit.team.head import Head
from wagit.team.head_change import change
from wagit.team.head_leases import HeadLeases
from wagit.team.keeper import Keeper
from wagit.team.leases import Held, LeaseHeld, LeaseLost, Leases
from wagit.team.redis_leases import RedisLeases
from wagit.team.remotes import open_remote

SLOT, GRACE = "staging", 10.0
PATIENCE = 60.0  # seconds for the other machine; only a hanging one needs them
_fork = multiprocessing.get_context("fork")

Give = Callable[[Access, BootClock | None], Leases]
"""Where leases are given."""


Enter = Callable[[str], None]
"""Brings a process to the machine of that name, as `Network.enter` does."""


def stay(_: str) -> None:
    """All machines are this one."""


def in_heads(access: Access, boot: BootClock | None) -> Leases:
    return HeadLeases(access, boot=boot)


def in_redis(access: Access, boot: BootClock | None) -> Leases:
    return RedisLeases(access, boot=boot)


def access_by_git(machine: Machine) -> Access:
    """The machine's access by the git program and the remote `origin` of its clone."""
    environ = {**os.environ, **machine.environ}
    repository = find(str(machine.repo.path), environ)
    directory = os.path.join(machine.store.root, "team")
    return machine.access(open_remote("origin", machine.team, repository, environ, directory))


class Told(NamedTuple):
    """What one machine had of a race: its leases' fences, how often it was refused, and what was wrong."""

    fences: list[int]
    refused: int
    wrong: list[str]


class Barrier(Protocol):
    """Where processes wait for each other."""

    def wait(self, timeout: float | None = None) -> int: ...

    def abort(self) -> None: ...


def race(
    machines: tuple[Machine, ...], rounds: int, give: Give, marker: Path, enter: Enter = stay
) -> list[Told]:
    """Let them want the lease at the same moment, so many times."""
    barrier = _fork.Barrier(len(machines))
    pipes = []
    for machine in machines:
        remember(machine.store, SECRET)  # so that any of them can make the first head
        ours, theirs = _fork.Pipe()
        process = _fork.Process(
            target=_reporting,
            args=(theirs, barrier, machine, lambda m=machine: _run(m, rounds, give, marker, barrier), enter),
        )
        process.start()
        pipes.append((process, ours))
    told = []
    for process, ours in pipes:
        if not ours.poll(PATIENCE + 5 * rounds):
            process.kill()
            raise AssertionError("a machine of the race hangs")
        told.append(ours.recv())
        process.join()
    assert all(isinstance(one, Told) for one in told), told
    return told


def _reporting(
    pipe: Connection, barrier: Barrier, machine: Machine, run: Callable[[], object], enter: Enter
) -> None:
    try:
        enter(machine.name)
        pipe.send(run())
    except BaseException as error:
        barrier.abort()
        pipe.send(repr(error))
        raise


def _run(machine: Machine, rounds: int, give: Give, marker: Path, barrier: Barrier) -> Told:
    access = access_by_git(machine)
    leases = give(access, None)
    told = Told([], 0, [])
    for number in range(rounds):
        barrier.wait(PATIENCE)
        try:
            held = leases.take(SLOT)
        except LeaseHeld:
            told = told._replace(refused=told.refused + 1)
        else:
            told.fences.append(held.fence)
            told.wrong.extend(_have(machine, access, leases, held, marker, busy=number % 5 == 0))
        barrier.wait(PATIENCE)
    return told


def _have(
    machine: Machine, access: Access, leases: Leases, held: Held, marker: Path, *, busy: bool
) -> Iterator[str]:
    """Be the holder for a moment; gives what showed another one."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        yield f"{machine.name} got lease {held.fence} while somebody had one"
        return
    try:
        if busy:
            held = leases.renew(held)
            touch(access, held)
    except LeaseLost as error:
        yield f"{machine.name} lost lease {held.fence} while it had it: {error}"
    os.unlink(marker)
    leases.release(held)


def touch(access: Access, held: Held) -> None:
    """Write the head as a push does, with nothing new in it. Raises LeaseLost."""

    def decide(head: Head | None) -> Head:
        if access.team.lease_at is None:
            return lease.check(head, held)
        head = head or first_head(access, held.slot)
        if head.fence > held.fence:
            raise LeaseLost("somebody else pushed meanwhile")
        return head._replace(fence=held.fence)

    change(access, held.slot, decide)


class FileBootClock:
    """A boot clock that another process moves, by a file."""

    def __init__(self, path: Path, seconds: float = 1000.0) -> None:
        self._path = path
        self.set(seconds)

    def set(self, seconds: float) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._path)

    def now(self) -> float:
        return float(self._path.read_text())

    def boot(self) -> str:
        return "boot-of-a-file"


class Holder:
    """A machine that has the lease, in a process of its own, and tells what becomes of it."""

    def __init__(self, machine: Machine, give: Give, clock: FileBootClock, enter: Enter) -> None:
        self._pipe, theirs = _fork.Pipe()
        self._process = _fork.Process(target=_hold, args=(theirs, machine, give, clock, enter))
        self._process.start()

    def hears(self) -> Any:
        """The next thing that it tells: `held`, then why the lease is lost."""
        assert self._pipe.poll(PATIENCE), "the holder says nothing"
        return self._pipe.recv()

    def pushes(self) -> tuple[str, str]:
        """After the loss: what its push comes to, and that of one who had read the head before."""
        self._pipe.send("push")
        return self.hears(), self.hears()

    def kill(self) -> None:
        """As a power cut does."""
        self._process.kill()
        self._process.join()

    def freeze(self) -> None:
        """SIGSTOP; returns once it stands still."""
        pid = self._process.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        os.waitpid(pid, os.WUNTRACED)

    def wake(self) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def holder(machine: Machine, give: Give, clock: FileBootClock, enter: Enter = stay) -> Iterator[Holder]:
    """A machine that takes the lease and keeps it until it is lost."""
    one = Holder(machine, give, clock, enter)
    try:
        yield one
    finally:
        one.kill()


def _hold(pipe: Connection, machine: Machine, give: Give, clock: FileBootClock, enter: Enter) -> None:
    enter(machine.name)
    access = access_by_git(machine)
    leases = give(access, clock)
    held = leases.take(SLOT)
    touch(access, held)
    before = read_head(access, SLOT)
    assert before is not None
    why, theirs = _fork.Pipe()
    keeper = Keeper(
        leases, held, theirs.send, lambda _: None, term=machine.team.term, grace=GRACE, clock=clock
    )
    keeper.start()
    pipe.send("held")
    pipe.send(why.recv())
    pipe.recv()
    pipe.send(_came_to(lambda: touch(access, held)))
    pipe.send(_came_to(lambda: write_head(access, before.head, before.version)))


def _came_to(what: Callable[[], object]) -> str:
    try:
        what()
    except Exception as error:
        return type(error).__name__
    return "done"
