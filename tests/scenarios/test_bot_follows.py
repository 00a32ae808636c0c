"""The main job: real whatsapp-web.js, unmodified, on the session of the branch, ten switches, no QR."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.support.bots import Bot, browsers_of, install_bot, needs_packages, run_bot
from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.wagit import TWO_SLOTS, WAGIT, ask_wagit, run_wagit, set_up
from wagit.browser.launch import WRITES_SOON
from wagit.operations.login_stored import is_stored
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages]

SWITCHES = ("main", "develop") * 5


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return set_up(tmp_path / "my bot", TWO_SLOTS, "develop")


@pytest.mark.parametrize("script", ["default.js", "hardcoded.js", "esm.mjs"])
def test_a_running_bot_is_ready_with_the_right_account_after_each_of_ten_switches(
    script: str, repo: GitRepo, standin: Standin, phone: Phone, number: str, other_number: str
) -> None:
    bot_file = install_bot(repo.path, script)
    with run_bot(bot_file, standin.environ(), [*WAGIT, "run", "--", "node", script]) as bot:
        bot.link(phone, number)
        repo.git("switch", "develop")
        bot.link(phone, other_number)
        scans = len(bot.lines)
        for branch in SWITCHES:
            repo.git("switch", branch)
            wanted = number if branch == "main" else other_number
            assert bot.wait("ready", "qr") == ["ready", wanted]
            slot = "production" if branch == "main" else "dev"
            assert os.readlink(repo.path / ".wwebjs_auth") == f".git/wagit/slots/{slot}/data"
        assert not any(line.startswith("qr") for line in bot.lines[scans:])
        bot.process.send_signal(signal.SIGINT)
        bot.process.wait(40)
        assert not browsers_of(repo.path), "a browser outlived the bot"
    rows = {row["slot"]: row for row in ask_wagit(repo.path, "sessions", "ls", "--show-numbers")}
    assert rows["production"]["account"] == f"+{number}"
    assert rows["dev"]["account"] == f"+{other_number}"


@pytest.mark.parametrize("script", ["default.js", "hardcoded.js"])
def test_a_plain_node_bot_is_right_through_the_link(
    script: str, repo: GitRepo, standin: Standin, phone: Phone, number: str, other_number: str
) -> None:
    bot_file = install_bot(repo.path, script)
    environ = {
        **standin.environ(),
        "WAGIT_CHROMIUM_ARGS": json.dumps([*standin.chromium_args, WRITES_SOON]),
    }
    numbers = {"main": number, "develop": other_number}
    for branch, account in numbers.items():
        repo.git("switch", "--quiet", branch)
        with run_bot(bot_file, environ) as bot:
            bot.link(phone, account)
            # Chromium may lose Local Storage's last writes when its storage process gets no time as it closes
            eventually(lambda: any(map(is_stored, map(os.fspath, repo.path.glob(".wwebjs_auth/session*")))))
            _stop_plain(bot, repo)
    for branch in SWITCHES:
        repo.git("switch", "--quiet", branch)
        with run_bot(bot_file, standin.environ()) as bot:
            assert bot.wait("ready", "qr") == ["ready", numbers[branch]]
            _stop_plain(bot, repo)


def test_a_switch_under_a_plain_bot_leaves_the_link_and_says_who_holds_it(
    repo: GitRepo, standin: Standin, phone: Phone, number: str
) -> None:
    bot_file = install_bot(repo.path, "default.js")
    with run_bot(bot_file, standin.environ()) as bot:
        bot.link(phone, number)
        ran = repo.run("switch", "develop")
        assert ran.status == 0
        assert ".wwebjs_auth stays on slot production" in ran.stderr
        assert "chromium" in ran.stderr
        assert os.readlink(repo.path / ".wwebjs_auth").endswith("production/data")
        _stop_plain(bot, repo)
    assert ask_wagit(repo.path, "use", "--auto")["slot"] == "dev"
    assert os.readlink(repo.path / ".wwebjs_auth").endswith("dev/data")


def test_two_worktrees_on_one_slot_are_told_apart_before_whatsapp_would(
    repo: GitRepo, standin: Standin, phone: Phone, number: str, tmp_path: Path
) -> None:
    repo.git("branch", "other")
    other = repo.add_worktree(tmp_path / "other", "other")
    repo.git("switch", "develop")
    bot_file = install_bot(repo.path, "default.js")
    with run_bot(bot_file, standin.environ(), [*WAGIT, "run", "--", "node", "default.js"]) as bot:
        bot.link(phone, number)
        second = run_wagit(other.path, "run", "--json", "--", "node", "default.js", env=standin.environ())
        assert second.status == 11
        error = json.loads(second.stdout)["error"]
        assert error["code"] == "slot-busy"
        assert str(repo.path) in error["message"]
        assert phone.devices(number)[0].ready


def _stop_plain(bot: Bot, repo: GitRepo) -> None:
    """End a bot that wagit did not start, whose browser names the slot through the link."""
    bot.stop()
    assert not browsers_of(repo.path)
