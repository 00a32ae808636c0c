"""`wagit run --all` with real whatsapp-web.js in real Chromium, each slot with an account of its own."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.bots import browsers_of, install_bot, needs_packages, run_bot
from tests.support.long import long, longer
from tests.support.wagit import WAGIT, ask_wagit, set_up
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.node, pytest.mark.browser, needs_packages, long]
COUNT = longer(2, 4)
BRANCHES = [f"topic-{number}" for number in range(COUNT)]
CONFIG = """\
version: 1
driver: wwebjs
strategy: branch
snapshots: {on_switch: false, on_stop: false}
"""
BOT = ("node", "default.js")


def test_all_are_ready_without_a_scan_and_stopped_safely_together(
    tmp_path: Path, standin: Standin, phone: Phone
) -> None:
    repo = set_up(tmp_path / "repo", CONFIG, *BRANCHES)
    script = install_bot(repo.path, "default.js")
    numbers = {branch: f"49151777000{place}" for place, branch in enumerate(BRANCHES)}
    for branch, number in numbers.items():
        repo.git("switch", "--quiet", branch)
        with run_bot(script, standin.environ(), [*WAGIT, "run", "--", *BOT]) as bot:
            bot.link(phone, number)
            bot.process.send_signal(signal.SIGINT)
            bot.process.wait(40)
    for _ in range(longer(1, 2)):
        with run_bot(script, standin.environ(), [*WAGIT, "run", "--all", "--", *BOT]) as bot:
            ready: dict[str, str] = {}
            while ready != numbers:
                slot, _, *said = bot.wait(*BRANCHES)
                assert said[0] != "qr", bot.lines
                if said[0] == "ready":
                    ready[slot] = said[1]
            bot.process.send_signal(signal.SIGINT)
            assert bot.process.wait(40) == 0
            assert not browsers_of(repo.path)
    rows = {row["slot"]: row["state"] for row in ask_wagit(repo.path, "sessions", "ls")}
    assert {rows[branch] for branch in BRANCHES} == {"linked"}
