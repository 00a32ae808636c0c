"""A hosted browser outlives its bot: however often the bot is killed, the session costs no second scan."""

from __future__ import annotations

import signal
from pathlib import Path
from random import Random

import pytest

from tests.support.bots import needs_packages
from tests.support.long import long, longer
from tests.support.recovering import NO_SNAPSHOT, Bots
from tests.support.warm import QUICK_RESTARTS, browser, kill_node, load, node
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages]

ENVIRON = QUICK_RESTARTS | NO_SNAPSHOT


@pytest.fixture
def bots(tmp_path: Path, standin: Standin, phone: Phone, number: str) -> Bots:
    return Bots.make(tmp_path / "my bot", standin, phone, number)


@long
def test_a_bot_killed_just_after_linking_and_under_load_is_ready_again(
    bots: Bots,
) -> None:
    random = Random("kills")
    with bots.running(ENVIRON) as bot:
        bot.wait("qr")
        bots.phone.link(bots.number)
        first = browser(bots, "production")
        kill_node(bot)  # the phone has linked it; the page may not even know
        assert bot.wait("ready", "qr", having=bots.number) == ["ready", bots.number]
        assert browser(bots, "production") == first
        for _ in range(longer(2, 100)):
            with load(bots, bots.number, "production", random.randrange(1 << 20)):
                kill_node(bot)
            assert bot.wait("ready", "qr") == ["ready", bots.number], bot.lines
        bots.stop(bot)
    assert bots.is_ready(NO_SNAPSHOT) == []


@long
def test_sessions_that_were_linked_a_moment_before_the_kill_stay_linked(
    bots: Bots, phone: Phone, number: str
) -> None:
    """Each on a slot of its own, closed and opened anew by the end: the login is on the disk."""
    rounds = longer(1, 30)
    numbers = [str(int(number) + 1_000_000 * (at + 1)) for at in range(rounds)]
    environ = {**ENVIRON, "WAGIT_STRATEGY": "branch"}
    with bots.running(environ) as bot:
        for at, each in enumerate(numbers):
            bots.repo.git("switch", "--quiet", "-c", f"round-{at}")
            bot.wait("qr")
            phone.link(each)
            bot.wait("authenticated")
            kill_node(bot)
            assert bot.wait("ready", "qr", having=each) == ["ready", each], bot.lines
        bots.stop(bot)
    for at, each in enumerate(numbers):
        bots.repo.git("switch", "--quiet", f"round-{at}")
        with bots.running(environ) as bot:
            assert bot.wait("ready", "qr") == ["ready", each]
            bots.stop(bot)


def test_a_killed_wagit_leaves_a_browser_that_the_next_run_closes_safely(bots: Bots) -> None:
    with bots.running(ENVIRON) as bot:
        bot.link(bots.phone, bots.number)
        bots.repo.git("switch", "--quiet", "-c", "develop")
        bot.wait("qr")
        left, other = browser(bots, "production"), node(bot)
        assert left is not None, "it is warm"
        bot.process.kill()
        bot.process.wait(40)
        other.kill()
        bots.repo.git("switch", "--quiet", "main")
        assert browser(bots, "production") == left
        with bots.running(ENVIRON) as again:
            assert again.wait("ready", "qr") == ["ready", bots.number]
            assert browser(bots, "production") not in (None, left)
            again.process.send_signal(signal.SIGINT)
            again.process.wait(40)
            assert browser(bots, "production") is None
