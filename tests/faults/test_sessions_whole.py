"""Faults under a real whatsapp-web.js with a real Chromium: whatever dies, no second scan is needed."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from tests.support.bots import Bot, browsers_of, needs_packages
from tests.support.browser import eventually
from tests.support.long import LONG, long, longer
from tests.support.processes import alive
from tests.support.recovering import COMMAND, NO_SNAPSHOT, Bots
from tests.support.warm import QUICK_RESTARTS, browser, node
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages]

QUICK = QUICK_RESTARTS | NO_SNAPSHOT


@pytest.fixture
def bots(tmp_path: Path, standin: Standin, phone: Phone, number: str) -> Bots:
    bots = Bots.make(tmp_path / "my bot", standin, phone, number)
    bots.linked(NO_SNAPSHOT)
    return bots


def said(lines: list[str], text: str) -> int:
    """How many lines have `text`."""
    return sum(text in line for line in lines)


@pytest.mark.parametrize("mode", ["own", "hosted"])
def test_a_browser_killed_for_want_of_memory_comes_back_with_its_bot(bots: Bots, mode: str) -> None:
    with bots.running({**QUICK, "WAGIT_BROWSER_MODE": mode}) as bot:
        assert bot.wait("ready", "qr")[0] == "ready"
        killed = browser(bots, "production")
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert bot.wait("ready", "qr")[0] == "ready", bot.lines
        assert said(bot.lines, "the browser was killed, and the bot ended of it") == 1
        assert said(bot.lines, "restart 1 of ") == 1
        bots.stop(bot)
        assert bot.process.returncode == 0


@pytest.mark.skipif(not LONG, reason="it takes 40 seconds until nothing answers for sure")
@long
def test_a_browser_that_hangs_is_ended_and_comes_back(bots: Bots) -> None:
    with bots.running({**QUICK, "WAGIT_HEALTH_KEEP_ALIVE": "1s"}) as bot:
        assert bot.wait("ready", "qr")[0] == "ready"
        hung = browser(bots, "production")
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        bot.wait("wagit:", having="stopping the bot to start it again", timeout=120)
        assert bot.wait("ready", "qr", timeout=120)[0] == "ready", bot.lines
        assert not alive(hung)
        bots.stop(bot)


def test_a_page_that_is_stuck_at_boot_is_waited_for(bots: Bots) -> None:
    bots.phone.configure(boot_stuck=True)
    with bots.running(QUICK) as bot:
        eventually(lambda: browser(bots, "production"))
        bots.phone.configure(boot_stuck=False)
        assert bot.wait("ready", "qr")[0] == "ready", bot.lines
        assert said(bot.lines, "starting node") == 0, "it was not restarted"
        bots.stop(bot)


def test_a_log_out_is_said_and_its_bot_never_restarted_in_a_loop(bots: Bots) -> None:
    """While it runs: whatsapp-web.js shows a QR by itself. While it is off: the next start does."""
    with bots.running(QUICK) as bot:
        assert bot.wait("ready", "qr")[0] == "ready"
        bots.phone.unlink(bots.number)
        bot.wait("wagit:", having="logged-out: WhatsApp took the login away")
        bot.wait("qr")
        bots.phone.link(bots.number)
        bot.wait("ready")
        assert said(bot.lines, "starting node") == 0, "it was not restarted"
        bots.stop(bot)
    bots.phone.unlink(bots.number)
    with bots.running(QUICK) as bot:
        assert bot.wait("ready", "qr")[0] == "qr"
        assert said(bot.lines, "starting node") == 0
        bots.stop(bot)


def test_a_login_that_another_one_took_over_is_not_fought_for(bots: Bots) -> None:
    """whatsapp-web.js closes its browser then and ends."""
    with bots.running(QUICK) as bot:
        assert bot.wait("ready", "qr")[0] == "ready"
        bots.phone.set_state(bots.number, "CONFLICT")
        bot.wait("wagit:", having="conflict: another browser or bot opened this session")
        bot.process.wait(40)
        with pytest.raises(AssertionError, match="no nothing from"):
            bot.wait("nothing")  # all of its lines have been read
        assert said(bot.lines, "starting node") == 0, "it was not restarted"
    assert not browsers_of(bots.repo.path)


@long
def test_killed_at_any_moment_wagit_leaves_a_whole_session_and_nothing_running(
    bots: Bots, standin: Standin
) -> None:
    """Each round is the next command for what the one before left."""
    random = Random("supervisor")
    left: list[int] = []
    for at in range(longer(4, 30)):
        bot = Bot(COMMAND, bots.repo.path, {**standin.environ(), **QUICK})
        try:
            assert bot.wait("ready", "qr") == ["ready", bots.number], (at, bot.lines)
            assert not any(map(alive, left)), (at, bot.lines)
            left = [node(bot).pid, *(process.pid for process in browsers_of(bots.repo.path))]
            if random.random() < 0.5:
                bot.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                bot.process.wait(random.uniform(0, 0.4))
        finally:
            bot.process.kill()
            bot.process.wait(40)
    assert bots.is_ready(NO_SNAPSHOT) == []
    assert not any(map(alive, left))
