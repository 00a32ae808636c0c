"""Slots left a moment ago keep their browsers: a switch back starts none, and the end closes all of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from tests.support.bots import Bot, browsers_of, needs_packages
from tests.support.browser import eventually
from tests.support.processes import arguments_of
from tests.support.recovering import Bots
from tests.support.wagit import run_wagit
from tests.support.warm import QUICK_RESTARTS, browser, kill_node, node
from wagit.core.locks import holder_of
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages]

SLOTS = {"main": "production", "develop": "dev"}


class Two:
    """A run on two slots, both linked; the bot is on `develop`."""

    def __init__(self, bots: Bots, bot: Bot, numbers: Mapping[str, str]) -> None:
        self.bots = bots
        self.bot = bot
        self.numbers = numbers
        bot.link(bots.phone, numbers["main"])
        bots.repo.git("switch", "--quiet", "-c", "develop")
        bot.link(bots.phone, numbers["develop"])
        self.scans = len(bot.lines)
        self.browsers = self.now()

    def now(self) -> dict[str, int | None]:
        return {slot: browser(self.bots, slot) for slot in SLOTS.values()}

    def switch(self, branch: str) -> None:
        self.bots.repo.git("switch", "--quiet", branch)
        assert self.bot.wait("ready", "qr") == ["ready", self.numbers[branch]], self.bot.lines
        link = os.readlink(self.bots.repo.path / ".wwebjs_auth")
        assert link == f".git/wagit/slots/{SLOTS[branch]}/data"

    def scanned(self) -> bool:
        return any(line.startswith("qr") for line in self.bot.lines[self.scans :])


@pytest.fixture
def bots(tmp_path: Path, standin: Standin, phone: Phone, number: str) -> Bots:
    return Bots.make(tmp_path / "my bot", standin, phone, number)


@pytest.fixture
def numbers(number: str, other_number: str) -> dict[str, str]:
    return {"main": number, "develop": other_number}


def test_a_switch_back_needs_no_browser_and_the_end_leaves_none(
    bots: Bots, numbers: Mapping[str, str]
) -> None:
    with bots.running(QUICK_RESTARTS) as bot:
        two = Two(bots, bot, numbers)
        for branch in ("main", "develop", "main"):
            two.switch(branch)
        assert two.now() == two.browsers
        for at in range(11):
            bots.repo.git("switch", "--quiet", ("develop", "main")[at % 2])
        assert bot.wait("ready", "qr", having=numbers["develop"]) == ["ready", numbers["develop"]]
        assert two.now() == two.browsers
        children = psutil.Process(bot.process.pid).children()
        assert [arguments_of(child)[:1] for child in children].count(["node"]) == 1
        assert not two.scanned()
        assert bots.auto.snapshots("dev") == [], "its browser has been open all the time"
        bots.stop(bot)
    for slot in SLOTS.values():
        assert [taken.header.tag for taken in bots.auto.snapshots(slot)] == ["clean"]
        assert holder_of(bots.auto.store.lock(slot)) is None


def test_who_wants_a_warm_slot_gets_it(bots: Bots, numbers: Mapping[str, str], tmp_path: Path) -> None:
    with bots.running(QUICK_RESTARTS) as bot:
        two = Two(bots, bot, numbers)
        ran = run_wagit(bots.repo.path, "snapshot", "dev")
        assert ran.status == 11, "a bot runs there"
        ran = run_wagit(bots.repo.path, "snapshot", "production")
        assert ran.status == 0, ran.stderr
        assert (browser(bots, "production"), browser(bots, "dev")) == (None, two.browsers["dev"])
        assert bots.auto.snapshots("production")[0].header.tag == "clean"
        two.switch("main")
        two.switch("develop")
        assert run_wagit(bots.repo.path, "verify", "production").status == 0
        assert run_wagit(bots.repo.path, "restore", "production", "--yes").status == 0
        assert browser(bots, "production") is None
        two.switch("main")
        two.switch("develop")
        other = bots.repo.add_worktree(tmp_path / "other", "main")
        ran = run_wagit(other.path, "run", "--once", "--yes", "--", "true")
        assert (ran.status, browser(bots, "production")) == (0, None), ran.stderr
        assert not two.scanned()
        kill_node(bot)
        eventually(lambda: node(bot))
        bots.stop(bot)
    assert not browsers_of(bots.repo.path)
