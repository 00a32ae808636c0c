"""Unmodified bots on the real whatsapp-web.js 1.34.7 and a real Chromium, against the stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bots import install_bot, needs_packages, run_bot
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.node, pytest.mark.browser, needs_packages]


@pytest.mark.parametrize("name", ["default.js", "hardcoded.js", "esm.mjs"])
def test_a_bot_is_linked_once_and_ready_again_without_a_qr(
    name: str, standin: Standin, phone: Phone, number: str, tmp_path: Path
) -> None:
    script = install_bot(tmp_path, name)
    with run_bot(script, standin.environ()) as bot:
        phone.link(number, ref=bot.wait("qr")[1])
        assert bot.wait("ready") == ["ready", number]
        assert bot.seen("authenticated")
    with run_bot(script, standin.environ()) as bot:
        assert bot.wait("ready") == ["ready", number]
        assert not bot.seen("qr")
    assert [device.generation for device in phone.devices(number)] == [2]
