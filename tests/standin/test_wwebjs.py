"""Unmodified bots on the real whatsapp-web.js 1.34.7 and a real Chromium, against the stand-in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.bots import install_bot, needs_packages, run_bot
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.node, pytest.mark.browser, needs_packages]

FRIEND = "4917000000001"
SESSION = Path(".wwebjs_auth/session/Default")
INDEXED_DB, LOCAL_STORAGE = Path("IndexedDB"), Path("Local Storage/leveldb")


no_debian_chromium = pytest.mark.skipif(
    not Path("/usr/bin/chromium").exists(), reason="hardcoded.js names /usr/bin/chromium"
)
VARIANTS = ["default.js", pytest.param("hardcoded.js", marks=no_debian_chromium), "esm.mjs"]


@pytest.mark.parametrize("name", VARIANTS)
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


class LinkedBot(NamedTuple):
    """A bot's directory that holds a session, its browser closed."""

    directory: Path
    number: str


@pytest.fixture(scope="module")
def linked_bot(standin_of_session: Standin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinkedBot]:
    directory, number = tmp_path_factory.mktemp("linked"), "4915999999999"
    phone = Phone(standin_of_session.control_url)
    with run_bot(install_bot(directory, "default.js"), standin_of_session.environ()) as bot:
        phone.link(number, ref=bot.wait("qr")[1])
        bot.wait("ready")
    yield LinkedBot(directory, number)
    phone.unlink(number)


def copied(source: Path, target: Path, *parts: Path) -> Path:
    """A bot in `target` with just these parts of the profile in `source`; return its script."""
    for part in parts:
        shutil.copytree(source / SESSION / part, target / SESSION / part)
    return install_bot(target, "default.js")


def test_two_directories_of_a_profile_are_the_session(
    linked_bot: LinkedBot, standin: Standin, tmp_path: Path
) -> None:
    script = copied(linked_bot.directory, tmp_path / "another place", INDEXED_DB, LOCAL_STORAGE)
    with run_bot(script, standin.environ()) as bot:
        assert bot.wait("ready", "qr") == ["ready", linked_bot.number]


@pytest.mark.parametrize("part", [INDEXED_DB, LOCAL_STORAGE])
def test_one_directory_without_the_other_is_logged_out(
    part: Path, linked_bot: LinkedBot, standin: Standin, tmp_path: Path
) -> None:
    with run_bot(copied(linked_bot.directory, tmp_path, part), standin.environ()) as bot:
        assert bot.wait("ready", "qr")[0] == "qr"


def test_a_second_copy_that_opens_the_session_puts_the_first_in_conflict(
    linked_bot: LinkedBot, standin: Standin, tmp_path: Path
) -> None:
    first = copied(linked_bot.directory, tmp_path / "first", INDEXED_DB, LOCAL_STORAGE)
    second = copied(linked_bot.directory, tmp_path / "second", INDEXED_DB, LOCAL_STORAGE)
    with run_bot(first, standin.environ()) as bot:
        bot.wait("ready")
        with run_bot(second, standin.environ()) as other:
            other.wait("ready")
            assert bot.wait("disconnected") == ["disconnected", "CONFLICT"]


def test_a_bot_hears_answers_and_is_logged_out_by_the_phone(
    standin: Standin, phone: Phone, number: str, tmp_path: Path
) -> None:
    with run_bot(install_bot(tmp_path, "default.js"), standin.environ()) as bot:
        phone.link(number, ref=bot.wait("qr")[1])
        bot.wait("ready")
        phone.send(number, FRIEND, "ping")
        assert bot.wait("message") == ["message", f"{FRIEND}@c.us", "ping"]
        (answer,) = phone.sent(number, timeout=20)
        assert (answer.to, answer.body) == (f"{FRIEND}@c.us", "pong")
        phone.unlink(number)
        assert bot.wait("disconnected") == ["disconnected", "LOGOUT"]
        bot.wait("qr")


def test_a_bot_that_logs_out_is_no_linked_device_any_more(
    standin: Standin, phone: Phone, number: str, tmp_path: Path
) -> None:
    with run_bot(install_bot(tmp_path, "esm.mjs"), standin.environ()) as bot:
        phone.link(number, ref=bot.wait("qr")[1])
        bot.wait("ready")
        phone.send(number, FRIEND, "leave")
        bot.wait("left")
        assert phone.devices(number) == []
        assert not (tmp_path / "sessions/session").exists()
