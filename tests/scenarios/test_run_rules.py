"""What `wagit run` looks at before a bot starts, and how it ends: small bots, real git, no browser."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil

from tests.support.baileys_login import creds_json
from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.processes import alive
from tests.support.running import running
from tests.support.wagit import ask_wagit, run_wagit, set_up

BOT = "import os, signal; print('on', os.environ['WAGIT_SLOT'], flush=True); signal.pause()"
TELLS = """
import datetime, json, os
now = datetime.datetime.now(datetime.UTC).isoformat()
with open(os.environ["WAGIT_EVENTS"], "a") as events:
    events.write(json.dumps({"event": "account", "time": now, "number": "4915100000001"}) + "\\n")
"""
CONFIG = """\
version: 1
driver: baileys
default: dev
rules:
  - {branch: main, slot: production, account: "+49 151 00000001"}
  - {branch: "safe/{name}", slot: "safe-{name}", protect: true}
"""


def link_account(repo: GitRepo, slot: str, number: str) -> None:
    """Put a login as Baileys writes it into a slot."""
    data = repo.path / ".git/wagit/slots" / slot / "data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "creds.json").write_text(creds_json(3, number))


def test_the_bot_gets_its_slot_and_branch_in_the_environment(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    names = ("WAGIT_SLOT", "WAGIT_BRANCH", "WAGIT_DATA_DIR", "WAGIT_SESSION_PATH")
    code = f"import os; print(*(os.environ[n] for n in {names!r}), 'GIT_DIR' in os.environ, sep='|')"
    ran = run_wagit(repo.path, "run", "--", sys.executable, "-c", code, env={"GIT_TRACE2": "0"})
    data = str(repo.path / ".git/wagit/slots/production/data")
    assert ran.stdout.strip() == f"production|main|{data}|{data}|False"


def test_the_bots_status_is_ours(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    assert run_wagit(repo.path, "run", "--once", "--", "sh", "-c", "exit 7").status == 7
    assert run_wagit(repo.path, "run", "--once", "--", "sh", "-c", "kill -9 $$").status == 128 + 9


def test_another_number_than_the_rules_is_refused(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    link_account(repo, "production", "4915100000001")
    with running(repo.path, BOT) as bot:
        assert bot.wait("on") == ["on", "production"]
    link_account(repo, "production", "4915100000002")
    ran = run_wagit(repo.path, "run", "--", "true")
    assert ran.status == 1
    assert "slot production holds the login of +49 ••••002, its rule asks for +49 151 00000001" in ran.stderr


def test_a_protected_slot_needs_a_word_also_when_a_capture_names_it(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG, "safe/one")
    repo.git("switch", "--quiet", "safe/one")
    ran = run_wagit(repo.path, "run", "--", "true")
    assert ran.status == 2
    assert "Slot safe-one is protected" in ran.stderr
    assert run_wagit(repo.path, "run", "--yes", "--", "true").status == 0


def test_a_running_bot_does_not_follow_onto_a_protected_slot_unasked(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG, "safe/one", "develop")
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        repo.git("switch", "--quiet", "safe/one")
        bot.wait("wagit:", having="slot safe-one is protected")
        repo.git("switch", "--quiet", "develop")
        assert bot.wait("on") == ["on", "dev"]


def test_the_command_of_the_config_follows_the_branch_and_needs_trust(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    repo.git("switch", "--quiet", "--create", "develop")
    repo.commit(".wagit.yml", CONFIG + "bot:\n  command: [echo, on, develop]\n")
    refused = run_wagit(repo.path, "run")
    assert refused.status == 15
    assert "wants to run 'echo on develop'" in refused.stderr
    assert run_wagit(repo.path, "trust", "--yes").status == 0
    assert run_wagit(repo.path, "run").stdout == "on develop\n"
    repo.commit("menu.js")
    assert run_wagit(repo.path, "run").status == 0, "a commit elsewhere asks for nothing"


def test_a_second_run_names_the_first(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        second = run_wagit(repo.path, "run", "--json", "--", "true")
        assert second.status == 11
        assert f"pid {bot.process.pid}" in json.loads(second.stdout)["error"]["message"]
        [row] = ask_wagit(repo.path, "sessions", "ls")[:1]
        assert (row["slot"], row["state"]) == ("production", "busy")


def test_what_a_killed_wagit_left_running_is_ended_and_named(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    with running(repo.path, BOT) as bot:
        bot.wait("on")
        [child] = psutil.Process(bot.process.pid).children()
        bot.process.kill()
        bot.process.wait(30)
        ran = run_wagit(repo.path, "run", "--", "true")
        assert ran.status == 0
        assert "ended what a killed 'wagit run' left running on slot production: " in ran.stderr
        assert f"(pid {child.pid})" in ran.stderr
        assert not alive(child.pid)


def test_each_start_counts_as_a_generation(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    for _ in range(2):
        assert run_wagit(repo.path, "run", "--", "true").status == 0
    shown = ask_wagit(repo.path, "sessions", "show", "production")
    assert (shown["generation"], shown["starts"]) == (2, 2)


def test_the_account_that_a_bot_tells_is_shown_before_it_is_on_disk(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    with running(repo.path, f"{TELLS}\n{BOT}") as bot:
        bot.wait("on")
        eventually(lambda: ask_wagit(repo.path, "status")["bots"][0]["account"])
        [row] = [row for row in ask_wagit(repo.path, "sessions", "ls") if row["slot"] == "production"]
        assert (row["state"], row["account"]) == ("busy", "+49 ••••001")
    assert ask_wagit(repo.path, "sessions", "ls")[0]["account"] is None
