"""The safe stop of real processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import eventually
from tests.support.processes import NOTING, Notes, alive, end, python
from wagit.bots import ladder
from wagit.bots.child import Running, start
from wagit.bots.ladder import Rung
from wagit.bots.stop import Stopped, Stopper
from wagit.core.errors import WagitError

DEAF = f"{NOTING}\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
WAIT = "\nnote('start', 'bot', os.getpid())\nwhile True: signal.pause()\n"
PATIENCE = 20.0


class FakeBrowsers:
    """Notes when it is asked to close, and may take its time."""

    def __init__(self, notes: Path, closing: Callable[[], None] = lambda: None) -> None:
        self.notes = notes
        self.closing = closing
        self.count = 0
        self.under_way = 0
        self.overlapped = False

    def live(self) -> bool:
        return False

    def close(self, found: Callable[[int], None]) -> bool:
        del found
        self.count += 1
        with self.notes.open("a") as file:
            file.write("close browser\n")
        self.under_way += 1
        self.overlapped |= self.under_way > 1
        self.closing()
        self.under_way -= 1
        return False


class Bot:
    """A started bot and its stop."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.notes = Notes(directory / "notes")
        self.browsers = FakeBrowsers(self.notes.path)
        self.child: Running | None = None

    def start(self, source: str) -> Running:
        environ = {**os.environ, "NOTES": str(self.notes.path)}
        self.child = start(python(source), str(self.directory), environ)
        self.notes.wait("start")
        return self.child

    def stopper(self, grace: float = 10.0) -> Stopper:
        assert self.child is not None
        return Stopper(self.child, self.browsers, grace)

    def stop(self, grace: float = 10.0) -> Stopped:
        return self.stopper(grace).run()


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    bot = Bot(tmp_path)
    yield bot
    end(*(int(pid) for _, _, pid in bot.notes.all("start")))


def assert_true(fact: bool) -> None:
    assert fact


def rungs(stopped: Stopped) -> list[Rung]:
    return [step.rung for step in stopped.steps]


def test_the_browser_is_closed_before_the_bot_hears_of_it(bot: Bot) -> None:
    bot.start(f"{NOTING}\nsignal.signal(signal.SIGTERM, lambda *_: (note('term'), sys.exit(4)))" + WAIT)
    stopped = bot.stop()
    assert stopped.status == 4
    assert [note[0] for note in bot.notes.all()] == ["start", "close", "term", "close"]
    assert rungs(stopped) == [Rung.CLOSE, Rung.TERMINATE, Rung.CLOSE_AGAIN]


def test_a_bot_that_leaves_by_itself_once_its_browser_is_closed_gets_no_signal(bot: Bot) -> None:
    child = bot.start(f"{NOTING}\nsignal.signal(signal.SIGUSR1, lambda *_: sys.exit(5))" + WAIT)

    def disconnect() -> None:
        if bot.browsers.count == 1:
            os.kill(child.pid, signal.SIGUSR1)
            child.wait(PATIENCE)

    bot.browsers.closing = disconnect
    stopped = bot.stop()
    assert stopped.status == 5
    assert Rung.TERMINATE not in rungs(stopped)


def test_a_bot_without_a_handler_gives_no_status(bot: Bot) -> None:
    bot.start(NOTING + WAIT)
    assert bot.stop().status is None


def test_a_bot_that_ignores_sigterm_is_killed_after_its_grace(bot: Bot) -> None:
    child = bot.start(DEAF + WAIT)
    stopped = bot.stop(grace=0.3)
    assert stopped.status is None
    assert rungs(stopped) == [Rung.CLOSE, Rung.TERMINATE, Rung.KILL, Rung.CLOSE_AGAIN]
    assert stopped.steps[1].seconds >= 0.3
    assert not alive(child.pid)


def test_hurry_takes_the_next_step_at_once(bot: Bot) -> None:
    bot.start(DEAF + WAIT)
    stopper = bot.stopper(grace=1000)
    results: list[Stopped] = []
    thread = threading.Thread(target=lambda: results.append(stopper.run()))
    thread.start()
    bot.notes.wait("close")
    while thread.is_alive():
        stopper.hurry()
        thread.join(0.05)
    assert rungs(results[0])[-2:] == [Rung.KILL, Rung.CLOSE_AGAIN]


def test_hurry_does_not_wait_for_a_browser_that_closes_slowly(bot: Bot) -> None:
    bot.start(NOTING + WAIT)
    closed = threading.Event()
    bot.browsers.closing = lambda: assert_true(closed.wait(PATIENCE))
    stopper = bot.stopper()
    results: list[Stopped] = []
    thread = threading.Thread(target=lambda: results.append(stopper.run()))
    thread.start()
    bot.notes.wait("close")
    stopper.hurry()
    child = bot.child
    assert child is not None
    assert child.wait(PATIENCE), "the bot ended while the browser was still closing"
    time.sleep(0.1)  # it would close again at once
    closed.set()
    thread.join(PATIENCE)
    assert not bot.browsers.overlapped, "a second SIGINT would end Chromium in the middle of its writes"
    assert bot.browsers.count == 2, "and one that it may have started meanwhile is closed too"


def test_children_in_the_group_end_with_it(bot: Bot) -> None:
    bot.start(
        f"{NOTING}\nimport subprocess\n"
        "for _ in range(3): note('start', 'child', subprocess.Popen(['sleep', '1000']).pid)" + WAIT
    )
    bot.notes.wait("start", "bot")
    assert bot.stop().left == 0
    assert not any(alive(int(pid)) for _, _, pid in bot.notes.all("start"))


def test_a_child_in_the_group_that_outlives_the_leader_is_ended(bot: Bot) -> None:
    bot.start(
        f"{NOTING}\nif os.fork() == 0:\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    note('start', 'child', os.getpid())\n    time.sleep(1000)" + WAIT
    )
    bot.notes.wait("start", "bot")
    child = int(bot.notes.wait("start", "child")[2])
    assert Rung.KILL in rungs(bot.stop(grace=0.3))
    assert not alive(child)


@pytest.mark.parametrize("deaf", [False, True])
def test_a_descendant_that_left_the_group_is_ended(
    bot: Bot, deaf: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not deaf:
        monkeypatch.setattr(ladder, "STRAYS_GRACE", PATIENCE)  # which a busy machine may take
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)" if deaf else "pass"
    bot.start(
        f"{NOTING}\nif os.fork() == 0:\n    os.setsid()\n    {ignore}\n"
        "    note('start', 'stray', os.getpid())\n    time.sleep(1000)" + WAIT
    )
    stray = int(bot.notes.wait("start", "stray")[2])
    bot.notes.wait("start", "bot")
    stopped = bot.stop()
    assert (Rung.KILL_STRAYS in rungs(stopped)) is deaf
    assert Rung.END_STRAYS in rungs(stopped)
    assert not alive(stray)


def test_a_background_job_of_a_dead_shell_is_ended_too(bot: Bot) -> None:
    """Its group and its parent are gone; its session tells."""
    source = f"{NOTING}\nif os.fork() == 0:\n    os.setpgid(0, 0)\n    note('start', 'stray', os.getpid())\n"
    child = bot.start(source + "    time.sleep(1000)\ntime.sleep(0.2)")
    assert child.wait(PATIENCE)
    stray = int(bot.notes.wait("start", "stray")[2])
    bot.stop()
    assert not alive(stray)


def test_processes_that_are_not_the_bots_are_left_alone(bot: Bot, tmp_path: Path) -> None:
    other = start(python("import time; time.sleep(1000)"), str(tmp_path), os.environ)
    bot.start(NOTING + WAIT)
    bot.stop()
    assert alive(other.pid)
    other.kill()
    other.wait(PATIENCE)
    other.reap()


def test_a_bot_that_has_ended_already_is_only_cleaned_up_after(bot: Bot) -> None:
    child = bot.start(f"{NOTING}\nnote('start', 'bot', os.getpid()); sys.exit(6)")
    assert child.wait(PATIENCE)
    stopped = bot.stop()
    assert stopped.status == 6
    assert rungs(stopped) == [Rung.CLOSE]


def test_a_bot_killed_by_somebody_else_has_that_status(bot: Bot) -> None:
    child = bot.start(NOTING + WAIT)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(PATIENCE)
    assert bot.stop().status == 128 + signal.SIGKILL


def test_a_suspended_bot_can_be_stopped(bot: Bot) -> None:
    bot.start(NOTING + WAIT).pause()
    assert Rung.KILL not in rungs(bot.stop())


def test_a_browser_that_cannot_be_closed_is_told_and_the_stop_goes_on(bot: Bot) -> None:
    def fail() -> None:
        raise WagitError("it stays")

    bot.start(NOTING + WAIT)
    bot.browsers.closing = fail
    stopped = bot.stop()
    assert stopped.problem == "it stays"
    assert bot.child is not None
    eventually(lambda: not alive(bot.child.pid if bot.child else 0))


class Late:
    """A child whose end is only told to who waits for a second: on a busy machine a thread takes a while."""

    def __init__(self, child: Running) -> None:
        self._child = child
        self.told: int | None = None

    def wait(self, timeout: float | None = None) -> bool:
        ended = self._child.wait(timeout)
        if ended and (timeout is None or timeout >= 1.0):
            self.told = self._child.status
        return self.told is not None

    @property
    def status(self) -> int | None:
        return self.told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._child, name)


def test_a_status_that_is_known_late_counts(bot: Bot) -> None:
    child = bot.start(f"{NOTING}\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(4)){WAIT}")
    bot.notes.wait("start")
    assert Stopper(Late(child), bot.browsers, 10.0).run().status == 4
