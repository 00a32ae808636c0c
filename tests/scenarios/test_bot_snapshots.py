"""A session that was snapshotted comes back: real whatsapp-web.js is ready again without a QR code."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from tests.support.automatic import Automatic
from tests.support.bots import Bot, browsers_of, install_bot, needs_packages, run_bot
from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.wagit import TWO_SLOTS, WAGIT, ask_wagit, run_wagit, set_up
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages]

COMMAND = (*WAGIT, "run", "--", "node", "default.js")


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return set_up(tmp_path / "my bot", TWO_SLOTS, "develop")


@pytest.fixture
def auto(repo: GitRepo) -> Automatic:
    return Automatic(repo.path)


def stop(bot: Bot, repo: GitRepo) -> None:
    bot.process.send_signal(signal.SIGINT)
    bot.process.wait(40)
    assert not browsers_of(repo.path)


def test_a_session_left_by_a_switch_is_had_back_after_its_data_was_wrecked(
    repo: GitRepo, auto: Automatic, standin: Standin, phone: Phone, number: str
) -> None:
    bot_file = install_bot(repo.path, "default.js")
    closed = {**standin.environ(), "WAGIT_BROWSER_WARM": "0"}  # one that stays warm is snapshotted later
    with run_bot(bot_file, closed, COMMAND) as bot:
        bot.link(phone, number)
        repo.git("switch", "develop")
        bot.wait("qr")
        eventually(lambda: auto.snapshots("production"))
        stop(bot, repo)
    [taken] = auto.snapshots("production")
    assert (taken.header.tag, taken.header.why) == ("clean", "switch")
    assert taken.header.account == f"+{number}"
    shutil.rmtree(Path(auto.store.data("production")) / "session/Default/IndexedDB")
    repo.git("switch", "main")
    assert run_wagit(repo.path, "restore", "--yes").status == 0
    with run_bot(bot_file, standin.environ(), COMMAND) as bot:
        assert bot.wait("ready", "qr") == ["ready", number]
        stop(bot, repo)


def test_one_taken_under_load_is_hot_and_the_clean_one_before_is_restored(
    repo: GitRepo, auto: Automatic, standin: Standin, phone: Phone, number: str
) -> None:
    bot_file = install_bot(repo.path, "default.js")
    with run_bot(bot_file, standin.environ(), COMMAND) as bot:
        bot.link(phone, number)
        stop(bot, repo)
    [clean] = auto.snapshots("production")
    environ = {**standin.environ(), "WAGIT_SNAPSHOTS_EVERY": "500ms", "WAGIT_SNAPSHOTS_ON_STOP": "false"}
    with run_bot(bot_file, environ, COMMAND) as bot:
        assert bot.wait("ready", "qr") == ["ready", number]
        eventually(lambda: len(auto.snapshots("production")) > 1)
        stop(bot, repo)
    newest, *_ = auto.snapshots("production")
    assert (newest.header.tag, newest.header.why) == ("hot", "timer")
    restored = ask_wagit(repo.path, "restore", "--yes")
    assert restored["snapshot"] == clean.id
    with run_bot(bot_file, standin.environ(), COMMAND) as bot:
        assert bot.wait("ready", "qr") == ["ready", number]
        stop(bot, repo)
