"""Real whatsapp-web.js on browsers that outlive it: killed, ended politely, logged out."""

from __future__ import annotations

import signal
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.bots import Bot, install_bot, needs_packages, run_bot
from tests.support.browser import eventually
from tests.support.hosted import Hosted
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.node, pytest.mark.browser, needs_packages]

FRIEND = "4917000000001"


class Runs:
    """One bot, run after run."""

    def __init__(self, directory: Path, hosted: Hosted, standin: Standin) -> None:
        self._directory = directory / "bot"
        self._directory.mkdir()
        self._environ = standin.environ() | hosted.environ

    def run(self, name: str) -> AbstractContextManager[Bot]:
        return run_bot(install_bot(self._directory, name), self._environ)


@pytest.fixture
def runs(tmp_path: Path, hosted: Hosted, standin: Standin) -> Runs:
    return Runs(tmp_path, hosted, standin)


@pytest.mark.parametrize("name", ["default.js", "esm.mjs", "hardcoded.js"])
def test_a_killed_bot_costs_neither_browser_nor_login(
    name: str, hosted: Hosted, runs: Runs, phone: Phone, number: str
) -> None:
    with runs.run(name) as bot:
        bot.link(phone, number)
        first = hosted.browser()
        bot.kill()
    hosted.wait_left()
    with runs.run(name) as bot:
        assert bot.wait("ready") == ["ready", number]
        assert not bot.seen("qr")
        assert hosted.browser() == first


def test_a_bot_that_ends_politely_leaves_its_browser(
    hosted: Hosted, runs: Runs, phone: Phone, number: str
) -> None:
    with runs.run("esm.mjs") as bot:
        bot.link(phone, number)
        bot.process.send_signal(signal.SIGTERM)
        bot.wait("destroyed")
        assert bot.process.wait(10) == 0
    assert not hosted.serves()
    assert hosted.browser()


def test_a_log_out_by_the_bot_closes_the_browser_before_the_profile_goes(
    hosted: Hosted, runs: Runs, phone: Phone, number: str
) -> None:
    with runs.run("esm.mjs") as bot:
        bot.link(phone, number)
        phone.send(number, FRIEND, "leave")
        bot.wait("left")
        assert not hosted.browsers()
        assert not (hosted.data / "session").exists()
    with runs.run("esm.mjs") as bot:
        bot.link(phone, number)


def test_a_log_out_by_the_phone_ends_the_browser_with_its_bot(
    hosted: Hosted, runs: Runs, phone: Phone, number: str
) -> None:
    with runs.run("default.js") as bot:
        bot.link(phone, number)
        phone.unlink(number)
        bot.wait("disconnected")
        bot.wait("qr")
        assert hosted.serves()
        bot.kill()
    eventually(lambda: not hosted.browsers())
