"""What `wagit run` snapshots, and that nobody waits for it who need not: small bots, real git, no browser."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.automatic import FILE, Automatic
from tests.support.bots import Bot
from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.leases import held_at, needs_leases
from tests.support.processes import alive
from tests.support.running import running
from tests.support.wagit import TWO_SLOTS, run_wagit, set_up
from wagit.core.locks import holder_of

# Writes its session once, as a bot that has just linked.
BOT = f"""
import os, pathlib, signal
file = pathlib.Path(os.environ["WAGIT_DATA_DIR"], {FILE!r})
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text(f"keys of {{os.getpid()}}")
print("on", os.environ["WAGIT_SLOT"], flush=True)
signal.pause()
"""


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return set_up(tmp_path / "repo", TWO_SLOTS, "develop")


@pytest.fixture
def auto(repo: GitRepo) -> Automatic:
    return Automatic(repo.path)


def interrupt(bot: Bot) -> None:
    bot.process.send_signal(signal.SIGINT)


def test_an_interrupt_leaves_a_clean_snapshot_and_names_it(repo: GitRepo, auto: Automatic) -> None:
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        interrupt(bot)
        words = bot.wait("wagit:", having="wagit: snapshot ")
        assert bot.process.wait(30) == 130
    [taken] = auto.snapshots("production")
    assert words == ["wagit:", "snapshot", taken.id, "of", "production"]
    assert (taken.header.tag, taken.header.why, taken.header.branch) == ("clean", "stop", "main")
    assert holder_of(auto.store.lock("production")) is None


def test_a_bot_that_ends_by_itself_leaves_one_too(repo: GitRepo, auto: Automatic) -> None:
    auto.fill("production")
    ran = run_wagit(repo.path, "run", "--once", "--", "sh", "-c", "exit 7")
    assert ran.status == 7
    [taken] = auto.snapshots("production")
    assert f"wagit: snapshot {taken.id} of production\n" in ran.stderr
    assert taken.header.why == "end"
    again = run_wagit(
        repo.path, "run", "--once", "--", "sh", "-c", "exit 7", env={"WHATSAPP_AUTO_BACKUP": "false"}
    )
    assert (again.status, "snapshot" in again.stderr) == (7, False)


@needs_leases
def test_a_switch_snapshots_the_old_slot_only_then_and_the_new_bot_starts_meanwhile(
    repo: GitRepo, auto: Automatic
) -> None:
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        with held_at(auto.late("production")) as held:
            assert repo.run("switch", "develop").status == 0
            assert bot.wait("on") == ["on", "dev"]
            held.reached()
            [_] = auto.at_work()
        eventually(lambda: auto.snapshots("production"))
        [taken] = auto.snapshots("production")
        assert (taken.header.tag, taken.header.why, taken.header.branch) == ("clean", "switch", "main")


@needs_leases
def test_back_on_a_slot_that_is_being_snapshotted_its_bot_starts_at_once(
    repo: GitRepo, auto: Automatic
) -> None:
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        with held_at(auto.late("production")) as held:
            repo.switch("develop")
            bot.wait("on")
            held.reached()
            [process] = auto.at_work()
            repo.switch("main")
            assert bot.wait("on") == ["on", "production"]
            assert not alive(process)
        assert auto.snapshots("production") == []
        interrupt(bot)
        bot.wait("wagit:", having="wagit: snapshot ")
        assert bot.process.wait(30) == 130
    assert len(auto.snapshots("production")) == 1
    assert not any("no new snapshot" in line for line in bot.lines)
    assert auto.left_behind() == []


@needs_leases
def test_a_second_interrupt_skips_a_snapshot_that_takes_long(repo: GitRepo, auto: Automatic) -> None:
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        with held_at(auto.late("production")) as held:
            interrupt(bot)
            held.reached()
            bot.wait("wagit:", having="taking a snapshot of production; Ctrl-C or SIGTERM skips it")
            interrupt(bot)
            assert bot.process.wait(30) == 130
            assert auto.at_work() == []
    assert auto.snapshots("production") == []
    assert holder_of(auto.store.lock("production")) is None


def test_beside_a_bot_hot_ones_are_taken_and_never_restored_unasked(repo: GitRepo, auto: Automatic) -> None:
    often = {"WAGIT_SNAPSHOTS_EVERY": "300ms", "WAGIT_SNAPSHOTS_ON_STOP": "false"}
    with running(repo.path, BOT, env=often) as bot:
        bot.wait("on")
        eventually(lambda: auto.snapshots("production"))
        interrupt(bot)
        bot.process.wait(30)
    taken = auto.snapshots("production")
    assert {(one.header.tag, one.header.why) for one in taken} == {("hot", "timer")}
    refused = run_wagit(repo.path, "restore", "production", "--yes")
    assert refused.status != 0
    assert taken[0].id in refused.stderr
    assert run_wagit(repo.path, "restore", "production", taken[0].id, "--yes").status == 0


def test_a_failed_one_is_told_and_the_run_ends_as_ever(repo: GitRepo, auto: Automatic) -> None:
    Path(auto.store.objects()).write_text("in the way")
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        interrupt(bot)
        bot.wait("wagit:", having="there is no new snapshot of production")
        assert bot.process.wait(30) == 130
    os.unlink(auto.store.objects())
