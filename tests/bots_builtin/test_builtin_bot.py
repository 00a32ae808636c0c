from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from tests.support.browser import browser, eventually, executable
from tests.support.builtin_bot import BotProcess, StartBot
from tests.support.processes import arguments_of, end
from wagit.bots import builtin
from wagit.bots.builtin_stop import Stop
from wagit.browser.context import BrowserFailed
from wagit.browser.devtools import DevTools, Target, endpoint
from wagit.browser.launch import ProfileBusy
from wagit.browser.profile import browser_of, lock_state
from wagit.browser.stop import close_browser
from wagit.operations.bot import run
from wagit.standin.phone import Phone

pytestmark = pytest.mark.browser


def link(bot: BotProcess, phone: Phone, number: str) -> int:
    """Scan the bot's QR; return the number of its event `ready`."""
    position = bot.wait_event(event="qr")
    phone.link(number, ref=bot.events[position]["ref"])
    return bot.wait_state("ready", after=position)


def test_linked_once_then_ready_without_a_qr_until_the_phone_logs_it_out(
    start_bot: StartBot, phone: Phone, number: str
) -> None:
    bot = start_bot()
    link(bot, phone, number)
    bot.wait_event(event="account", number=number)
    assert [state for state in bot.states() if state != "syncing"] == ["booting", "qr", "linking", "ready"]
    ended = bot.stop()  # at once: Local Storage has not reached the disk by itself yet
    assert (ended["event"], ended["reason"], ended["closed"]) == ("ended", "asked", "devtools")
    assert bot.process.returncode == 0
    assert lock_state(str(bot.profile)).state == "absent"

    again = start_bot()
    ready = again.wait_state("ready")
    assert all(event["event"] != "qr" for event in again.events)
    phone.unlink(number)
    again.wait_state("logged-out", after=ready)
    position = again.wait_event(after=ready, event="qr")
    phone.link(number, ref=again.events[position]["ref"])
    again.wait_state("ready", after=position)
    again.wait_event(after=position, event="account", number=number)


def test_a_second_browser_on_the_same_login_is_a_conflict(
    start_bot: StartBot, phone: Phone, number: str, tmp_path: Path
) -> None:
    first = start_bot("first")
    link(first, phone, number)
    first.stop()
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    first = start_bot("first")
    ready = first.wait_state("ready")
    start_bot("second").wait_state("ready")
    first.wait_state("conflict", after=ready)


def test_a_lost_connection_and_a_renewed_qr_are_told(start_bot: StartBot, phone: Phone, number: str) -> None:
    phone.configure(qr_seconds=0.2, qr_count=1)  # the second comes only when the page asks for it
    bot = start_bot()
    first = bot.wait_event(event="qr")
    second = bot.wait_event(event="qr", after=first + 1)
    phone.configure(qr_seconds=60)
    assert bot.events[first]["ref"] != bot.events[second]["ref"]
    phone.link(number)
    ready = bot.wait_state("ready")
    phone.set_state(number, "TIMEOUT")
    bot.wait_state("offline", after=ready)
    phone.set_state(number, "CONNECTED")
    bot.wait_state("ready", after=ready + 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("to", ["the bot", "its whole group"])
def test_every_signal_to_stop_closes_the_browser_cleanly(
    start_bot: StartBot, number: signal.Signals, to: str
) -> None:
    bot = start_bot()
    bot.wait_event(event="qr")
    if to == "the bot":
        bot.process.send_signal(number)
    else:  # Playwright's driver, a node process, dies of it
        os.killpg(bot.process.pid, number)
    ended = bot.ended()
    assert bot.process.returncode == 0
    assert ended["reason"] == "asked"
    assert bot.complaints() == ""
    assert lock_state(str(bot.profile)).state == "absent"


def test_an_impatient_user_loses_nothing(start_bot: StartBot) -> None:
    bot = start_bot()
    bot.wait_state("booting")
    for _ in range(3):
        bot.process.send_signal(signal.SIGINT)
    assert bot.ended()["reason"] == "asked"
    assert bot.process.returncode == 0
    assert lock_state(str(bot.profile)).state == "absent"


def test_a_browser_closed_by_somebody_else_ends_the_bot_without_an_error(start_bot: StartBot) -> None:
    bot = start_bot()
    bot.wait_event(event="qr")
    assert close_browser(str(bot.profile)).how == "sigint"
    assert bot.ended()["reason"] == "closed"
    assert bot.process.returncode == 0


def test_a_killed_browser_ends_the_bot_with_an_error(start_bot: StartBot) -> None:
    bot = start_bot()
    bot.wait_event(event="qr")
    running = browser_of(str(bot.profile))
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    assert bot.ended()["reason"] == "died"
    assert bot.process.returncode == 1


def test_a_killed_driver_leaves_no_browser_behind(start_bot: StartBot) -> None:
    bot = start_bot()
    bot.wait_event(event="qr")
    (driver,) = [child for child in psutil.Process(bot.process.pid).children() if "node" in child.name()]
    driver.kill()
    assert bot.ended()["reason"] == "closed"
    assert lock_state(str(bot.profile)).state == "absent"


def page_of(devtools: DevTools) -> Target:
    page = devtools.whatsapp_page()
    assert page is not None
    return page


def kill_page(bot: BotProcess) -> None:
    """Kill the renderers, as the kernel does when memory runs out."""
    running = browser_of(str(bot.profile))
    assert running is not None
    for child in psutil.Process(running.pid).children(recursive=True):
        if "--type=renderer" in arguments_of(child):
            end(child.pid)


def test_a_reloaded_and_a_crashed_page_come_back(start_bot: StartBot, phone: Phone, number: str) -> None:
    bot = start_bot("profile", "--remote-debugging-port=0")
    ready = link(bot, phone, number)
    address = endpoint(str(bot.profile))
    assert address is not None
    with DevTools(address) as devtools:
        devtools.evaluate(page_of(devtools), "location.reload()")
        booting = bot.wait_state("booting", after=ready)
        ready = bot.wait_state("ready", after=booting)
        kill_page(bot)
        crashed = bot.wait_event(event="trouble", what="crashed", after=ready)
        bot.wait_state("ready", after=crashed)
    bot.stop()
    assert bot.process.returncode == 0


def test_an_unreachable_whatsapp_is_told_and_tried_again(start_bot: StartBot) -> None:
    bot = start_bot("profile", "--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:1")
    first = bot.wait_event(event="trouble", what="unreachable")
    assert "ERR_" in bot.events[first]["detail"]
    bot.wait_event(after=first + 1, event="trouble", what="unreachable")
    assert bot.stop()["reason"] == "asked"
    assert bot.process.returncode == 0


@pytest.fixture
def environ() -> dict[str, str]:
    return {**os.environ, "WAGIT_CHROMIUM": executable()}


def test_a_profile_that_is_open_already_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    with browser(tmp_path) as process:
        with pytest.raises(ProfileBusy, match=str(process.pid)):
            run(str(tmp_path), environ, True, print)
        assert process.poll() is None
    (tmp_path / "SingletonLock").unlink()
    (tmp_path / "SingletonLock").symlink_to("far-away-7")
    with pytest.raises(ProfileBusy, match="far-away"):
        run(str(tmp_path), environ, True, print)


def test_a_browser_that_does_not_start_is_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo Chromium 1.2.3.4 && exit\necho boom >&2; exit 3\n'
    )
    broken.chmod(0o755)
    with pytest.raises(BrowserFailed) as raised:
        run(str(tmp_path / "profile"), {**os.environ, "WAGIT_CHROMIUM": str(broken)}, True, print)
    assert "\n" not in raised.value.message


def test_a_start_that_is_cut_short_by_its_stop_is_no_failure(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop()

    async def closed_while_it_starts(*_: object) -> None:  # the safe stop closes the browser first
        stop.request()
        raise BrowserFailed("it did not start", "")

    monkeypatch.setattr(builtin, "open_context", closed_while_it_starts)
    assert run(str(tmp_path), environ, True, print, stop) == 0


class TellFailedError(Exception):
    """What a front end may raise."""


def test_what_on_event_raises_ends_the_bot_and_leaves_no_browser(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    def fail(_: object) -> None:
        raise TellFailedError

    environ["WAGIT_CHROMIUM_ARGS"] = '["--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:1"]'
    with pytest.raises(TellFailedError):
        run(str(tmp_path), environ, True, fail)
    assert lock_state(str(tmp_path)).state == "absent"


def test_a_request_before_the_start_ends_it_as_soon_as_it_runs(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    stop = Stop()
    stop.request()
    handler = signal.getsignal(signal.SIGTERM)
    assert run(str(tmp_path), environ, True, print, stop) == 0
    assert signal.getsignal(signal.SIGTERM) is handler
    eventually(lambda: browser_of(str(tmp_path)) is None)
