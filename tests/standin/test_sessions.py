from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from tests.standin.pages import SOCKET, databases, linked, opened, shown_qr, stored, wait_ready, wait_state
from wagit.standin.phone import Phone, PhoneRefused, PhoneTimeout

pytestmark = pytest.mark.browser

FRIEND = "4917000000001"


def test_a_log_out_from_the_phone_wipes_the_page(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = linked(tabs, phone, number)
    phone.unlink(number)
    page.wait_for_url("**/?post_logout=1*")
    shown_qr(page)
    assert stored(page) == {}
    assert databases(page) == []
    assert phone.devices(number) == []


def test_a_page_that_was_closed_when_it_was_logged_out_shows_a_qr(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    page = linked(tabs, phone, number)
    page.close()
    phone.unlink(number)
    page = opened(tabs)
    shown_qr(page)
    assert "post_logout=1" in page.url
    assert stored(page) == {}


def test_a_log_out_from_the_page_is_known_to_the_phone(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    page = linked(tabs, phone, number)
    page.evaluate(f"{SOCKET}.logout()")
    page.wait_for_url("**/?post_logout=1*")
    assert phone.devices(number) == []


def test_the_second_page_of_a_device_gets_it_and_the_first_can_take_it_back(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    first = linked(tabs, phone, number)
    second = opened(tabs)
    wait_ready(second)
    wait_state(first, "CONFLICT")
    first.get_by_role("button", name="Use here").click()
    wait_ready(first)
    wait_state(second, "CONFLICT")
    second.evaluate(f"void {SOCKET}.takeover()")
    wait_ready(second)
    wait_state(first, "CONFLICT")


def test_messages_go_both_ways_and_stay(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = linked(tabs, phone, number)
    phone.send(number, FRIEND, "hello")
    page.get_by_text("hello").wait_for()
    before = phone.rows(number)
    page.reload()
    wait_ready(page)
    phone.wait_ready(number)
    assert phone.rows(number) == before
    assert before["model-storage/message"] == 1


def test_a_message_waits_for_a_device_that_is_offline(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    linked(tabs, phone, number).close()
    phone.wait_offline(number)
    phone.send(number, FRIEND, "are you there?")
    assert [device.pending for device in phone.devices(number)] == [1]
    page = opened(tabs)
    page.get_by_text("are you there?").wait_for()
    assert [device.pending for device in phone.devices(number)] == [0]


def test_growth_writes_rows_that_stay(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = linked(tabs, phone, number)
    written = phone.grow(number, 2)
    page.reload()
    wait_ready(page)
    phone.wait_ready(number)
    assert phone.rows(number)["model-storage/message"] == written
    used = page.evaluate("navigator.storage.estimate().then(({usage}) => usage)")
    assert used >= 2 * 2**20


def test_only_a_ready_page_can_grow(phone: Phone, number: str) -> None:
    with pytest.raises(PhoneRefused) as refused:
        phone.grow(number, 1)
    assert refused.value.reason == "not-ready"


def test_a_slow_boot_is_over_at_last_and_a_stuck_one_when_told(tabs: BrowserContext, phone: Phone) -> None:
    phone.configure(boot_stuck=True)
    page = tabs.new_page()
    page.goto("https://web.whatsapp.com/")
    assert page.evaluate("window.Debug?.VERSION") is None
    with pytest.raises(PhoneTimeout):
        phone.wait_ref(timeout=0)
    phone.configure(boot_stuck=False, boot_seconds=0.3)
    shown_qr(page)


def test_whatsapp_may_put_a_page_in_any_state(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = linked(tabs, phone, number)
    assert phone.set_state(number, "TOS_BLOCK") == 1
    wait_state(page, "TOS_BLOCK")


def test_what_the_page_lacks_is_refused_as_whatsapp_does(tabs: BrowserContext) -> None:
    page = opened(tabs)
    assert "unknown module" in page.evaluate(
        "(() => { try { require('WANothing') } catch (e) { return e.message } })()"
    )
