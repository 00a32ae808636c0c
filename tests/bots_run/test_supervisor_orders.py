"""Orders of events that real processes show too rarely: the supervisor in our own process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.processes import alive, python
from wagit.bots import child as children
from wagit.bots.assignment import Assignment, Saving
from wagit.bots.child import CommandNotFound, Running, Streams
from wagit.bots.outside import Outside, Work
from wagit.bots.screen import NoScreen
from wagit.bots.supervisor import Supervisor
from wagit.bots.watch import BranchChanged, Change
from wagit.core.locks import HeldLock, Locked, acquire

PATIENCE = 20.0
SLEEP = python("import time; time.sleep(1000)")


class Screen(NoScreen):
    """Signals come from the test."""

    on_signal: Callable[[int], None]

    @contextmanager
    def entered(self, on_signal: Callable[[int], None]) -> Iterator[None]:
        self.on_signal = on_signal
        yield


class Run:
    """A supervisor in a thread, whose worktree is a variable."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.slot = "a"
        self.told: Callable[[Change], None] = lambda _: None
        self.screen = Screen()
        self.said: list[str] = []
        self.children: list[Running] = []
        self.take_fails: Exception | None = None
        self.spawning: Callable[[Running], Running] = lambda child: child
        self.result: int | BaseException | None = None
        supervisor = Supervisor(
            Work(self.resolve, self.take, lambda _: None, self.save),
            self.watch,
            Outside(self.said.append, self.screen, self.spawn),
        )
        self.supervise = supervisor.run
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        try:
            self.result = self.supervise()
        except Exception as error:
            self.result = error

    def resolve(self) -> Assignment:
        name = self.slot
        directory = str(self.directory)
        return Assignment(name, name, f"/{name}", list, SLEEP, directory, dict(os.environ), 10, name)

    def take(self, assignment: Assignment) -> HeldLock:
        if self.take_fails is not None:
            raise self.take_fails
        return acquire(self.directory / assignment.slot)

    def save(self, assignment: Assignment, why: str) -> Saving:
        raise AssertionError(f"no snapshot is wanted of {assignment.slot} ({why})")

    def watch(self, tell: Callable[[Change], None]) -> Run:
        self.told = tell
        return self

    def start(self) -> None:
        """The watcher's part; there is nothing to start."""

    def stop(self) -> None:
        """Nor to stop."""

    def spawn(
        self,
        command: Sequence[str],
        cwd: str,
        environ: Mapping[str, str],
        pass_fds: Iterable[int] = (),
        streams: Streams = Streams(),  # noqa: B008
    ) -> Running:
        child = self.spawning(children.start(command, cwd, environ, pass_fds, streams))
        self.children.append(child)
        return child

    def begin(self) -> None:
        self.thread.start()
        eventually(lambda: self.children)

    def switch(self, slot: str) -> None:
        self.slot = slot
        self.told(BranchChanged(slot))

    def end(self) -> int | BaseException | None:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the run does not end"
        return self.result


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    for child in run.children:
        if child.status is None:
            child.kill()


def test_an_old_bots_end_that_is_told_late_is_not_taken_for_the_new_ones(run: Run) -> None:
    class Late:
        """Its end reaches the thread that waits for it only when `may_tell` is set."""

        def __init__(self, child: Running) -> None:
            self._child = child
            self.told = threading.Event()

        def wait(self, timeout: float | None = None) -> bool:
            ended = self._child.wait(timeout)
            if timeout is None:
                may_tell.wait(PATIENCE)
                self.told.set()
            return ended

        def __getattr__(self, name: str) -> object:
            return getattr(self._child, name)

    may_tell = threading.Event()
    run.spawning = Late  # type: ignore[assignment]
    run.begin()
    run.switch("b")
    eventually(lambda: len(run.children) == 2)
    may_tell.set()
    first = run.children[0]
    assert isinstance(first, Late)
    assert first.told.wait(PATIENCE)
    assert not run.children[1].wait(0.3), "the new bot is left alone"
    run.screen.on_signal(signal.SIGTERM)
    assert run.end() == 128 + signal.SIGTERM


def test_a_signal_just_before_a_start_that_fails(run: Run) -> None:
    def fail(child: Running) -> Running:
        child.kill()
        run.screen.on_signal(signal.SIGINT)
        raise CommandNotFound("there is no program")

    run.begin()
    run.spawning = fail
    run.switch("b")
    assert run.end() == 128 + signal.SIGINT
    for slot in ("a", "b"):
        acquire(run.directory / slot).release()


def test_a_start_that_fails_is_told_and_the_next_branch_starts(run: Run) -> None:
    def fail(child: Running) -> Running:
        child.kill()
        raise CommandNotFound("there is no program")

    run.begin()
    run.spawning = fail
    run.switch("b")
    eventually(lambda: "there is no program" in run.said)
    run.spawning = lambda child: child
    run.switch("c")
    eventually(lambda: len(run.children) == 2)
    run.screen.on_signal(signal.SIGTERM)
    run.end()


def test_a_bug_in_what_we_are_given_ends_the_run_without_a_bot(run: Run) -> None:
    run.begin()
    run.take_fails = ZeroDivisionError("a bug")
    run.switch("b")
    assert run.end() is run.take_fails
    assert not alive(run.children[0].pid)
    acquire(run.directory / "a").release()


def test_a_first_slot_that_is_held_is_raised(run: Run) -> None:
    with acquire(run.directory / "a"):
        run.thread.start()
        assert isinstance(run.end(), Locked)
    assert run.children == []
