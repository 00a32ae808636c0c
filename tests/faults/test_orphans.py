"""What a killed wagit left running is ended by who wants the slot next, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from tests.support.browser import eventually
from tests.support.faults import POLITE, WAIT, dead_holder, left_running
from tests.support.git import GitRepo
from tests.support.privileges import NOBODY
from tests.support.processes import CHECKOUT, alive, end
from tests.support.wagit import run_wagit
from wagit.core.locks import acquire
from wagit.core.processes import this_process
from wagit.core.repository import find
from wagit.core.store import Store, create
from wagit.operations import orphans
from wagit.operations.context import Context, open_here
from wagit.slots import holding, left_behind, records

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True)\n"
DAEMON = """
import os, signal, sys
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
print('on', flush=True)
print(os.getpid(), flush=True)
"""
# Both the child in its group and the one in a session of its own let go of the lock, as node's children do.
PARENT = """
import signal, subprocess, sys
print('on', flush=True)
for apart in (False, True):
    child = subprocess.Popen(['sleep', '60'], start_new_session=apart)
    print(child.pid, flush=True)
"""


@pytest.fixture
def context(repo: GitRepo) -> Context:
    """With the slots `dev` and `other`; bots get 0.2 s to end."""
    repo.commit(".wagit.yml", "version: 1\ndriver: generic\nbot: {stop: {grace: 0.2s}}\n")
    opened = open_here(find(str(repo.path), os.environ), os.environ)
    create(opened.store.root)
    for slot in ("dev", "other"):
        records.create_slot(opened.store, slot, "generic", 0.0)
    return opened


def is_free(store: Store, slot: str = "dev") -> bool:
    with holding.hold(store, slot, "/", 0.0):
        return True


def test_a_bot_is_ended_and_named(context: Context) -> None:
    with left_running(context.store, "dev", POLITE + WAIT) as bot:
        [said] = orphans.end(context, "dev")
        assert bot.status == 0, "it was asked to end"
        assert said.startswith("ended what a killed 'wagit run' left running on slot dev: ")
        assert f"(pid {bot.pid})" in said
        assert is_free(context.store)
    assert orphans.end(context, "dev") == ()


def test_one_that_was_left_stopped_is_ended(context: Context) -> None:
    """wagit holds the bot while its browser closes, and may be killed right then."""
    with left_running(context.store, "dev", POLITE + WAIT) as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        assert len(orphans.end(context, "dev")) == 1
        assert bot.status == 0


def test_one_that_ignores_sigterm_is_killed(context: Context) -> None:
    with left_running(context.store, "dev", STUBBORN + WAIT) as bot:
        assert len(orphans.end(context, "dev")) == 1
        assert bot.status == -signal.SIGKILL


def test_what_it_started_ends_with_it(context: Context) -> None:
    with left_running(context.store, "dev", PARENT + WAIT) as bot:
        children = [int(bot.line()), int(bot.line())]
        try:
            assert len(orphans.end(context, "dev")) == 1
            assert not any(alive(pid) for pid in [bot.pid, *children])
        finally:
            end(*children)


def test_a_daemon_that_has_the_lock_ends(context: Context) -> None:
    with left_running(context.store, "dev", DAEMON + WAIT) as bot:
        daemon = int(bot.line())
        bot.process.wait(20)
        try:
            [said] = orphans.end(context, "dev")
            assert f"(pid {daemon})" in said
            assert not alive(daemon)
        finally:
            end(*filter(alive, [daemon]))


def test_another_slots_bot_is_left_alone(context: Context) -> None:
    with left_running(context.store, "dev", POLITE + WAIT) as bot:
        assert orphans.end(context, "other") == ()
        assert bot.status is None


def test_who_only_waits_for_the_lock_is_left_alone(context: Context) -> None:
    """It has the same file open."""
    waits = f"import signal; file = open({context.store.lock('dev')!r}, 'a+'); print('on', flush=True)\n"
    other = subprocess.Popen([sys.executable, "-c", waits + WAIT], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "on\n"
        with left_running(context.store, "dev", POLITE + WAIT):
            [said] = orphans.end(context, "dev")
        assert str(other.pid) not in said
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()


def test_a_bot_whose_wagit_lives_is_left_alone_whatever_the_clock_says(context: Context) -> None:
    me = this_process()
    holder = dead_holder()._replace(pid=me.pid, started=me.started - 86400)
    with acquire(context.store.lock("dev"), holder) as lock:
        bot = subprocess.Popen(["sleep", "60"], pass_fds=(lock.descriptor,))
        try:
            assert orphans.end(context, "dev") == ()
            assert bot.poll() is None
            assert "left running" not in str(holding.busy(context.store, "dev", holder))
        finally:
            bot.kill()
            bot.wait()


def test_another_hosts_holder_is_not_judged(context: Context) -> None:
    with left_running(context.store, "dev", POLITE + WAIT, holder=dead_holder("elsewhere")) as bot:
        assert orphans.end(context, "dev") == ()
        assert bot.status is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be another user")
def test_another_users_bot_is_left_alone(context: Context) -> None:
    become = f"import os, signal; os.setuid({NOBODY})\n"
    with left_running(context.store, "dev", become + POLITE + WAIT) as bot:
        assert orphans.end(context, "dev") == ()
        assert bot.status is None


def test_who_asks_from_inside_of_it_ends_nothing(context: Context) -> None:
    """A shell that a killed `wagit run` left is no bot to be ended by what is typed in it."""
    ask = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from wagit.slots import left_behind\n"
        f"print(left_behind.find({context.store.lock('dev')!r}), flush=True)"
    )
    shell = (
        f"import subprocess, sys\nprint('on', flush=True)\nsubprocess.run([sys.executable, '-c', {ask!r}])"
    )
    with left_running(context.store, "dev", shell) as bot:
        assert bot.line() == "None"


def test_of_two_that_want_the_slot_one_ends_it_and_the_other_waits(context: Context) -> None:
    said: list[tuple[str, ...]] = []
    with left_running(context.store, "dev", POLITE + WAIT) as bot:
        both = [threading.Thread(target=lambda: said.append(orphans.end(context, "dev"))) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join(20)
        assert bot.status == 0
    assert sorted(map(len, said)) == [0, 1]


def test_a_pid_that_is_another_processs_by_now_is_spared(context: Context, tmp_path: Path) -> None:
    """Each one proves again that it has the lock before it is signalled."""
    from wagit.bots.leftover import LeftBot, LeftFamily

    other = subprocess.Popen(["sleep", "60"], cwd=tmp_path)
    try:
        lock = context.store.lock("dev")
        bot = LeftBot(LeftFamily([other.pid], lambda pid: left_behind.holds(pid, lock)))
        bot.terminate()
        bot.kill()
        assert bot.status == 0, "there is nobody to end"
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_it_is_held_while_its_browser_closes_but_the_browser_is_not(context: Context) -> None:
    from wagit.bots.leftover import LeftBot, LeftFamily

    with left_running(context.store, "dev", PARENT + WAIT) as left:
        browser, other = int(left.line()), int(left.line())
        lock = context.store.lock("dev")
        bot = LeftBot(LeftFamily([left.pid], lambda pid: left_behind.holds(pid, lock)))
        try:
            bot.pause(but=browser)
            eventually(lambda: psutil.Process(left.pid).status() == psutil.STATUS_STOPPED)
            assert psutil.Process(browser).status() != psutil.STATUS_STOPPED
            bot.resume()
            eventually(lambda: psutil.Process(left.pid).status() != psutil.STATUS_STOPPED)
        finally:
            end(browser, other)


@pytest.mark.parametrize("verb", [("down",), ("snapshot",), ("clean", "--yes"), ("repair", "--yes")])
def test_other_verbs_that_want_the_slot_end_it_too(
    context: Context, repo: GitRepo, verb: tuple[str, ...]
) -> None:
    (Path(context.store.data("dev")) / "session").mkdir(parents=True)
    (Path(context.store.data("dev")) / "session/keys").write_text("keys")
    slot = () if verb == ("down",) else ("dev",)
    with left_running(
        context.store, "dev", POLITE + WAIT, holder=dead_holder(worktree=str(repo.path))
    ) as bot:
        ran = run_wagit(repo.path, *verb, *slot)
        assert ran.status == 0, ran.stderr
        assert f"(pid {bot.pid})" in ran.stderr
        assert bot.status == 0


def test_a_hot_snapshot_is_taken_beside_it(context: Context, repo: GitRepo) -> None:
    Path(context.store.data("dev")).mkdir(parents=True, exist_ok=True)
    (Path(context.store.data("dev")) / "keys").write_text("keys")
    with left_running(context.store, "dev", POLITE + WAIT) as bot:
        assert run_wagit(repo.path, "snapshot", "--hot", "dev").status == 0
        assert bot.status is None
