"""`wagit run --all` with small bots and Baileys logins: real git, real processes, no browser."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import psutil

from tests.support.baileys_login import creds_json
from tests.support.bots import Bot
from tests.support.git import GitRepo
from tests.support.logins import HOLDER, runs
from tests.support.processes import alive
from tests.support.running import running
from tests.support.wagit import CHECKOUT, ask_wagit, run_wagit, set_up
from wagit.core.store import Store
from wagit.slots import records

CONFIG = """\
version: 1
driver: baileys
default: dev
snapshots: {on_stop: false}
rules:
  - {branch: main, slot: production}
  - {branch: "safe/{name}", slot: "safe-{name}", protect: true}
  - {branch: strict, slot: strict, account: "+49 151 00000009"}
bot: {log_lines: {ready: ^at work}}
"""
BOT = """
import os, signal
slot = os.environ['WAGIT_SLOT']
print('at work', os.getpid(), '(%s)' % os.environ['WAGIT_BRANCH'], flush=True)
signal.pause()
"""
# One hangs as it starts, one crashes.
MIXED = """
import os, signal
if os.environ['WAGIT_SLOT'] == 'a':
    signal.pause()
if os.environ['WAGIT_SLOT'] == 'b':
    raise SystemExit(3)
print('at work', os.getpid(), flush=True)
signal.pause()
"""


def link(repo: GitRepo, slot: str, device: int, ready: float | None = None) -> None:
    """Put a login into a slot, which was ready then."""
    store = Store(str(repo.path / ".git/wagit"))
    records.create_slot(store, slot, "baileys", 0.0)
    Path(store.data(slot), "creds.json").write_text(creds_json(device))
    record = records.read_record(store, slot)
    records.write_record(store, slot, record._replace(last_ready=ready))


def hear(bot: Bot, *texts: str) -> None:
    """Wait until each of these was in some line, in whatever order."""
    while not all(any(text in line for line in bot.lines) for text in texts):
        bot.wait("wagit:", "a", "b", "c", "dev", "free", "held", "other", "production", "safe-one")


def pids(repo: GitRepo) -> list[int]:
    """The bots of its supervisor."""
    [holder] = {pid for pid in psutil.pids() if _is_run(pid, repo)}
    return [child.pid for child in psutil.Process(holder).children()]


def _is_run(pid: int, repo: GitRepo) -> bool:
    try:
        process = psutil.Process(pid)
        return "--all" in process.cmdline() and process.cwd() == str(repo.path)
    except psutil.Error:
        return False


def test_every_linked_slot_has_its_bot_and_a_signal_ends_all(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG, "develop")
    link(repo, "production", 1, ready=10.0)
    link(repo, "other", 2, ready=30.0)
    with running(repo.path, BOT, "--all") as bot:
        found = {bot.wait("production", "other", having="at work")[0] for _ in range(2)}
        assert found == {"production", "other"}
        assert any("production | at work" in line and "(main)" in line for line in bot.lines)
        assert any("other      | at work" in line and "()" in line for line in bot.lines)
        assert not any("dev" in line for line in bot.lines), "an empty slot has no bot"
        repo.git("switch", "--quiet", "develop")
        bots = pids(repo)
        bot.process.send_signal(signal.SIGINT)
        assert bot.process.wait(30) == 0
        assert not any(map(alive, bots))
    assert {row["state"] for row in ask_wagit(repo.path, "sessions", "ls")} == {"linked", "empty"}


def test_the_one_that_was_ready_last_is_first_and_one_that_hangs_or_fails_holds_up_no_other(
    tmp_path: Path,
) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    for device, slot in enumerate(["c", "b", "a"], start=1):
        link(repo, slot, device, ready=device)
    with running(repo.path, MIXED, "--all", "--at-once", "2") as bot:
        hear(bot, "c | at work", "b: the bot ended with status 3; restart 1 of 5")
        started = [line.split(":")[1].strip() for line in bot.lines if ": starting" in line]
        assert sorted(started[:2]) == ["a", "b"]


def test_a_slot_that_cannot_be_had_is_told_and_had_once_it_can(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    for device, slot in enumerate(["strict", "held", "free"], start=1):
        link(repo, slot, device)
    code = HOLDER.format(checkout=str(CHECKOUT), store=str(repo.path / ".git/wagit"), slot="held")
    with runs([sys.executable, "-c", code], repo.path) as pid, running(repo.path, BOT, "--all") as bot:
        hear(bot, "its rule asks for +49 151 00000009", "slot held is in use by", "free   | at work")
        psutil.Process(pid).kill()
        hear(bot, "held   | at work")


def test_what_is_protected_or_has_the_same_login_is_left_out_and_named(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    link(repo, "safe-one", 1)
    link(repo, "dev", 2)
    link(repo, "twin", 2)
    with running(repo.path, BOT, "--all") as bot:
        bot.wait("dev", having="at work")
    said = "\n".join(bot.lines)
    assert "slot twin is left out: it has the same login as slot dev" in said
    assert "slot safe-one is left out: it is protected" in said
    with running(repo.path, BOT, "--all", "--yes") as bot:
        bot.wait("safe-one", having="at work")


def test_a_twin_that_another_worktree_runs_is_refused_and_named(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    repo.git("worktree", "add", "--quiet", "-b", "topic", "../elsewhere")
    link(repo, "dev", 7)
    with running(tmp_path / "elsewhere", BOT) as other:
        other.wait("at")
        link(repo, "twin", 7)
        link(repo, "free", 8)
        store = Store(str(repo.path / ".git/wagit"))
        record = records.read_record(store, "twin")
        records.write_record(store, "twin", record._replace(generation=5))  # its keys are the newest
        with running(repo.path, BOT, "--all") as bot:
            hear(bot, "slot dev has the same login as slot twin and is in use by", "free | at work")
            assert "twin" not in {line.split(" ")[0] for line in bot.lines}


def test_the_worst_status_counts_and_those_that_end_well_do_not(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    link(repo, "a", 1)
    link(repo, "b", 2)
    code = "import os; raise SystemExit(4 if os.environ['WAGIT_SLOT'] == 'a' else 0)"
    ran = run_wagit(repo.path, "run", "--all", "--once", "--", sys.executable, "-c", code)
    assert ran.status == 4, ran
    ran = run_wagit(repo.path, "run", "--all", "--once", "--", "true")
    assert ran.status == 0, ran


def test_none_is_started_where_the_setting_says_so(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    link(repo, "dev", 1)
    ran = run_wagit(repo.path, "run", "--all", "--yes", "--", "false", env={"AUTO_RESTORE_SESSIONS": "false"})
    assert ran.status == 0
    assert "no bot is started: auto_restore_sessions is false" in ran.stderr


def test_nothing_linked_and_options_that_need_all(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    ran = run_wagit(repo.path, "run", "--all", "--json", "--", "true")
    assert (ran.status, json.loads(ran.stdout)["error"]["code"]) == (1, "no-linked-slot")
    ran = run_wagit(repo.path, "run", "--at-once", "2", "--", "true")
    assert ran.status == 2
    assert "add --all" in ran.stderr


def test_restart_and_down_reach_every_bot(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    link(repo, "a", 1)
    link(repo, "b", 2)
    with running(repo.path, BOT, "--all") as bot:
        hear(bot, "a | at work", "b | at work")
        before = {one["pid"] for one in ask_wagit(repo.path, "status")["bots"]}
        now = {one["pid"] for one in ask_wagit(repo.path, "restart")["bots"]}
        assert len(before) == len(now - before) == 2, "it waits for every bot"
        hear(bot, *(f"at work {pid}" for pid in now))
        assert run_wagit(repo.path, "down").status == 0
        assert bot.process.wait(30) == 0
