"""Faults of bots without a browser, under the real `wagit run` in a real repository."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

from tests.support.bots import Bot
from tests.support.git import GitRepo
from tests.support.long import long, longer
from tests.support.processes import alive, end
from tests.support.running import running
from tests.support.wagit import WAGIT, run_wagit, set_up

CONFIG = """\
version: 1
driver: generic
strategy: branch
default: dev
snapshots: {on_switch: false, on_stop: false}
bot: {stop: {grace: 0.3s}, restart: {delays: [0.05s, 0.1s], attempts: 3}}
"""
BEFORE = "import os, signal, sys, time\n"
ON = "import os, signal, sys; print('on', os.getpid(), os.environ['WAGIT_SLOT'], flush=True)\n"
WAIT = "while True: signal.pause()"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
CHILD_APART = """
if os.fork() == 0:
    os.setsid()
    if (pid := os.fork()) == 0:
        while True: signal.pause()
    print('apart', pid, flush=True)
    os._exit(0)
os.wait()
"""


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return set_up(tmp_path / "repo", CONFIG, "a", "b", "c", "last")


@contextlib.contextmanager
def small_bot(repo: GitRepo, source: str, env: Mapping[str, str] | None = None) -> Iterator[Bot]:
    """Run it under `wagit run`; in the end every bot that said its pid is ended."""
    with contextlib.ExitStack() as last, running(repo.path, source, env=env) as bot:
        last.callback(lambda: end(*(pid for pid in said_pids(bot) if alive(pid))))
        yield bot


def said_pids(bot: Bot) -> list[int]:
    """The bots that said so far that they run."""
    return [int(line.split()[1]) for line in bot.lines if line.startswith(("on ", "apart "))]


def lines_after(bot: Bot, text: str) -> list[str]:
    """wagit's own lines from the one that has `text` on."""
    own = [line for line in bot.lines if line.startswith("wagit: ")]
    return own[next(at for at, line in enumerate(own) if text in line) :]


def test_a_bot_that_ends_with_0_ends_the_run(repo: GitRepo) -> None:
    with small_bot(repo, "") as bot:
        assert bot.process.wait(30) == 0


def test_a_crash_loop_uses_its_attempts_up_and_ends_with_the_bots_status_and_one_line(repo: GitRepo) -> None:
    with small_bot(repo, ON + "sys.exit(7)") as bot:
        bot.wait("wagit:", having="is not started again")
        assert bot.process.wait(30) == 7
    assert len(said_pids(bot)) == 1 + 3
    told = [line.partition("; ")[2] for line in bot.lines if "ended with status 7" in line]
    assert told == ["restart 1 of 3 in 0.05 s", "restart 2 of 3 in 0.1 s", "restart 3 of 3 in 0.1 s"]
    [last] = lines_after(bot, "is not started again")
    assert last.endswith("the bot is not started again: 3 restarts in a row did not help")


def test_a_deaf_bot_and_a_child_that_left_its_session_end_with_the_run(repo: GitRepo) -> None:
    with small_bot(repo, BEFORE + DEAF + CHILD_APART + ON + WAIT) as bot:
        bot.wait("apart")
        bot.wait("on")
        bot.process.send_signal(signal.SIGTERM)
        assert bot.process.wait(30) == 128 + signal.SIGTERM
        assert not any(alive(pid) for pid in said_pids(bot))


def test_a_child_that_left_the_session_ends_with_a_bot_that_crashed(repo: GitRepo) -> None:
    source = BEFORE + CHILD_APART + ON + "sys.exit(3)"
    with small_bot(repo, source, {"WAGIT_BOT_RESTART_ATTEMPTS": "0"}) as bot:
        assert bot.wait("on")
        assert bot.process.wait(30) == 3
        assert not any(alive(pid) for pid in said_pids(bot))


def test_a_second_supervisor_says_who_holds_the_slot(repo: GitRepo) -> None:
    with small_bot(repo, ON + WAIT) as bot:
        bot.wait("on")
        second = run_wagit(repo.path, "run", "--json", "--", "true")
        assert second.status == 11
        assert f"wagit run (pid {bot.process.pid} on " in json.loads(second.stdout)["error"]["message"]


def test_ten_switches_within_two_seconds_end_on_the_last_one_with_one_bot(repo: GitRepo) -> None:
    with small_bot(repo, ON + WAIT) as bot:
        bot.wait("on")
        for branch in ["a", "b", "c"] * 3 + ["last"]:
            repo.git("switch", "--quiet", branch)
        bot.wait("on", having=" last")
        assert [pid for pid in said_pids(bot) if alive(pid)] == said_pids(bot)[-1:]
        assert bot.process.poll() is None


@long
def test_killed_at_any_moment_wagit_leaves_nothing_behind_after_the_next_command(repo: GitRepo) -> None:
    """Killed while it runs, follows a branch, restarts a bot or stops. The next round is the next command."""
    random = Random("supervisor")
    acts: dict[str, Callable[[Bot], object]] = {
        "follows": lambda bot: repo.git("switch", "--quiet", random.choice("abc")),  # noqa: ARG005
        "stops": lambda bot: bot.process.send_signal(signal.SIGINT),
        "restarts": lambda bot: os.kill(said_pids(bot)[0], signal.SIGKILL),
        "runs": lambda bot: None,  # noqa: ARG005
    }
    left: list[int] = []
    for _ in range(longer(4, 30)):
        bot = Bot([*WAGIT, "run", "--", sys.executable, "-c", ON + WAIT], repo.path, {})
        try:
            bot.wait("on")
            assert not any(map(alive, left)), bot.lines
            acts[random.choice(sorted(acts))](bot)
            with contextlib.suppress(subprocess.TimeoutExpired):
                bot.process.wait(random.uniform(0, 0.3))
        finally:
            bot.process.kill()
            bot.process.wait(30)
            left = children_of(bot)
    assert run_wagit(repo.path, "run", "--", "true").status == 0
    assert not any(map(alive, left))


def children_of(bot: Bot) -> list[int]:
    """All bots that a wagit which has ended started, whether somebody read what they said or not."""
    with contextlib.suppress(AssertionError):
        while bot.wait("on", timeout=0.5):
            pass
    return said_pids(bot)
