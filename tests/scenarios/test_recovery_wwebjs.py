"""A damaged session is put in order before real whatsapp-web.js opens it; one that was logged out is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.bots import needs_packages
from tests.support.recovering import NO_SNAPSHOT, Bots
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages]

# A record of a LevelDB log that says it has 1,000 bytes, and has 12.
TORN = bytes(4) + (1000).to_bytes(2, "little") + b"\x01" + b"half a write"


@pytest.fixture
def bots(tmp_path: Path, standin: Standin, phone: Phone, number: str) -> Bots:
    return Bots.make(tmp_path / "my bot", standin, phone, number)


def test_a_flipped_bit_costs_no_scan(bots: Bots) -> None:
    bots.linked()
    current = bots.leveldb / "CURRENT"
    content = bytearray(current.read_bytes())
    content[0] ^= 1
    current.write_bytes(content)
    [line] = bots.is_ready()
    [taken] = bots.auto.snapshots("production")[-1:]
    assert f"restored snapshot {taken.id}" in line
    assert "CURRENT" in line
    assert bots.is_ready() == []


def test_a_torn_write_is_cut_off_and_the_next_two_starts_are_ready(bots: Bots) -> None:
    bots.linked(NO_SNAPSHOT)
    [log] = bots.leveldb.glob("*.log")
    with log.open("ab") as file:
        file.write(TORN)
    [line] = bots.is_ready(NO_SNAPSHOT)
    assert f"mended: cut {len(TORN)} bytes of a torn write" in line
    assert bots.is_ready(NO_SNAPSHOT) == []


def test_what_the_phone_logs_out_under_a_running_bot_is_not_restored(bots: Bots) -> None:
    bots.linked()
    with bots.running(NO_SNAPSHOT) as bot:
        assert bot.wait("ready", "qr") == ["ready", bots.number]
        bots.phone.unlink(bots.number)
        bot.wait("disconnected")
        bot.wait("qr")
        bots.stop(bot)
    [line] = bots.asks_for_a_scan()
    assert line.startswith("wagit: WhatsApp logged the linked device of slot production out on ")
    assert len(bots.auto.snapshots("production")) == 1
    bots.linked()
    assert bots.is_ready() == []


def test_what_the_server_refuses_is_asked_for_once(bots: Bots) -> None:
    bots.linked()
    bots.phone.unlink(bots.number)
    assert bots.asks_for_a_scan() == []
    [line] = bots.asks_for_a_scan()
    assert line.startswith("wagit: WhatsApp logged the linked device of slot production out")


def test_what_somebody_deleted_comes_back_without_a_scan(bots: Bots) -> None:
    bots.linked()
    shutil.rmtree(bots.auto.store.data("production"))
    [line] = bots.is_ready()
    assert "though no log-out was seen" in line
    assert "restored snapshot" in line
    assert bots.is_ready() == []
