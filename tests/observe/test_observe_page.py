"""A page's states as another client of a real browser sees them, on the stand-in's WhatsApp."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.support.browser import browser, eventually
from tests.support.observing import evaluate, observing, page_of, whatsapp
from tests.support.processes import arguments_of
from wagit.bots.observation import AccountSeen, Answered, QrSeen, Silent
from wagit.bots.observe_pulse import Limits
from wagit.browser.devtools import WHATSAPP, DevToolsFailed
from wagit.browser.stop import close_browser
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = pytest.mark.browser
ASKS_OFTEN = Limits(every=0.05, answer=30)
IMPATIENT = Limits(every=0.3, answer=1, again=0.2, boot=0.5, lost=0.2, patience=0.5)
LISTENING = IMPATIENT._replace(answer=30)  # a busy machine's late answer counts


def test_a_login_is_seen_from_its_qr_to_its_end(
    tmp_path: Path, standin: Standin, phone: Phone, number: str
) -> None:
    with whatsapp(tmp_path, standin), observing(tmp_path) as told:
        qr = told.wait_a(QrSeen)
        assert isinstance(qr, QrSeen)
        phone.link(number, ref=qr.ref)
        told.wait_state("linking")
        assert told.wait_a(AccountSeen)[0] == number
        told.wait_state("ready")
        assert told.seen.number == number
        assert told.seen.version
        phone.set_state(number, "OPENING")
        told.wait_state("reconnecting")
        phone.set_state(number, "CONNECTED")
        told.wait_state("ready")
        evaluate(tmp_path, "location.reload()")
        assert told.wait_state("reconnecting").reason == "the page is loaded again"
        told.wait_state("ready")
        phone.set_state(number, "CONFLICT")
        told.wait_state("conflict")
        phone.unlink(number)
        told.wait_state("logged-out")


def test_the_page_keeps_no_sign_of_it(tmp_path: Path, standin: Standin, phone: Phone) -> None:
    names = "Object.getOwnPropertyNames(window).sort().join()"
    with whatsapp(tmp_path, standin):
        phone.wait_ref()
        alone = evaluate(tmp_path, names)
        with observing(tmp_path) as told:
            told.wait_state("qr")
            assert evaluate(tmp_path, names) == alone
            evaluate(tmp_path, "location.reload()")
            told.wait_state("starting")
            told.wait_state("qr")
            assert evaluate(tmp_path, names) == alone


def test_a_qr_that_has_expired_is_left_to_the_bot(tmp_path: Path, standin: Standin, phone: Phone) -> None:
    phone.configure(qr_count=1, qr_seconds=0.2)
    with whatsapp(tmp_path, standin), observing(tmp_path, ASKS_OFTEN) as told:
        told.wait_state("qr")
        for _ in range(5):
            told.wait_a(Answered)
        shown = [what for what in told.all if isinstance(what, QrSeen)]
        assert len(shown) <= 1


def test_another_browser_is_seen_like_the_first(
    tmp_path: Path, standin: Standin, phone: Phone, number: str
) -> None:
    with observing(tmp_path) as told:
        with whatsapp(tmp_path, standin):
            told.wait_a(QrSeen)
            phone.link(number)
            told.wait_state("ready")
            close_browser(str(tmp_path))
        with whatsapp(tmp_path, standin):
            told.wait_state("ready")
        assert told.seen.number == number


def test_a_browser_without_a_port_is_no_reason_for_a_word(tmp_path: Path, standin: Standin) -> None:
    with observing(tmp_path, LISTENING) as told, browser(tmp_path, *standin.chromium_args, url=WHATSAPP):
        told.nothing(for_=1.0)


def test_a_browser_that_is_gone_is_told_and_then_counts_as_silent(tmp_path: Path, standin: Standin) -> None:
    with observing(tmp_path, LISTENING) as told:
        with whatsapp(tmp_path, standin):
            told.wait_state("qr")
            close_browser(str(tmp_path))
        assert told.wait_state("degraded").reason == "the browser is gone"
        assert str(told.wait_a(Silent)[0]).startswith("the browser is gone, for ")


def test_a_browser_that_hangs_is_told_and_then_counts_as_silent(tmp_path: Path, standin: Standin) -> None:
    with observing(tmp_path, IMPATIENT) as told, whatsapp(tmp_path, standin) as hung:
        told.wait_state("qr")
        told.wait_a(Answered)
        hung.send_signal(signal.SIGSTOP)
        assert told.wait_state("degraded").reason == "WhatsApp's page does not answer"
        assert told.wait_a(Silent)[0] == "WhatsApp's page did not answer 2 times"


def renderers(pid: int) -> list[int]:
    """The processes of a browser's pages."""
    children = psutil.Process(pid).children(recursive=True)
    return [child.pid for child in children if "--type=renderer" in " ".join(arguments_of(child))]


def test_a_page_that_hangs_for_a_while_is_as_it_was_before(tmp_path: Path, standin: Standin) -> None:
    with observing(tmp_path, IMPATIENT) as told, whatsapp(tmp_path, standin) as browser:
        told.wait_state("qr")
        told.wait_a(Answered)
        pages = renderers(browser.pid)
        for page in pages:
            os.kill(page, signal.SIGSTOP)
        told.wait_state("degraded")
        for page in pages:
            os.kill(page, signal.SIGCONT)
        told.wait_state("qr")
        eventually(lambda: told.seen.state == "qr")


def test_a_page_that_does_not_start_is_told_and_then_counts_as_silent(
    tmp_path: Path, standin: Standin, phone: Phone
) -> None:
    phone.configure(boot_stuck=True)
    with observing(tmp_path, LISTENING) as told, whatsapp(tmp_path, standin):
        told.wait_state("starting")
        assert told.wait_state("degraded").reason == "WhatsApp's page does not start"
        told.wait_a(Silent)


def test_a_page_that_crashed_counts_as_silent(tmp_path: Path, standin: Standin) -> None:
    with observing(tmp_path, IMPATIENT) as told, whatsapp(tmp_path, standin):
        told.wait_state("qr")
        with page_of(tmp_path) as (devtools, page):
            devtools.evaluate(page, "1")  # attached from now on
            devtools.timeout = 0.1
            with pytest.raises(DevToolsFailed):  # who crashes gives no answer
                devtools.call("Page.crash", session=devtools._sessions[page.id])
        told.wait_state("degraded")
        told.wait_a(Silent)


def test_the_page_from_before_the_bot_counts_once_it_is_loaded_anew(
    tmp_path: Path, standin: Standin, phone: Phone
) -> None:
    with whatsapp(tmp_path, standin):
        phone.wait_ref()
        with observing(tmp_path, since=time.time()) as told:
            told.nothing(for_=0.5)
            evaluate(tmp_path, "location.reload()")
            told.wait_state("qr")
