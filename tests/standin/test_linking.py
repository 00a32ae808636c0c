from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.standin.pages import (
    databases,
    linked,
    opened,
    profile,
    shown_qr,
    stored,
    wait_ready,
    wait_state,
)
from wagit.standin.phone import Phone, PhoneRefused, PhoneTimeout

pytestmark = pytest.mark.browser


def test_the_qr_has_the_five_parts_that_a_phone_reads(tabs: BrowserContext, phone: Phone) -> None:
    parts = shown_qr(opened(tabs)).split(",")
    assert parts[0] == phone.wait_ref()
    assert parts[0].startswith("2@")
    assert [len(part) for part in parts[1:4]] == [44, 44, 44]  # base64 of 32 bytes


def test_a_linked_page_shows_its_chats_and_keeps_its_name(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    page = linked(tabs, phone, number)
    page.wait_for_selector("#pane-side")
    (device,) = phone.devices(number)
    assert device.wid == f"{number}:1@c.us"
    assert stored(page)["last-wid-md"] == f'"{number}:1@c.us"'
    assert device.ready
    assert device.online


def test_a_page_that_is_opened_again_needs_no_qr(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = linked(tabs, phone, number)
    page.reload()
    wait_ready(page)
    assert len(phone.devices(number)) == 1


# On a busy machine a QR may be gone before anybody asks the page for it.
NOTES_QRS = """
window.shownQrs = [];
new MutationObserver(() => {
    const shown = document.querySelector('div[data-ref]')?.dataset.ref;
    if (shown && shown !== shownQrs.at(-1)) shownQrs.push(shown);
}).observe(document, { childList: true, subtree: true });
"""


def test_a_qr_expires_and_the_next_one_takes_its_place(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    phone.configure(qr_seconds=0.3, qr_count=2)
    tabs.add_init_script(NOTES_QRS)
    page = opened(tabs)
    wait_state(page, "UNPAIRED_IDLE")
    with pytest.raises(PhoneTimeout):
        phone.wait_ref(timeout=0)
    phone.configure(qr_seconds=20)
    page.evaluate("require('WAWebCmd').Cmd.refreshQR()")
    wait_state(page, "UNPAIRED")
    last = shown_qr(page)
    first, second, third = page.evaluate("shownQrs")
    assert third == last
    for expired in (first, second):
        with pytest.raises(PhoneRefused) as refused:
            phone.link(number, ref=expired)
        assert refused.value.reason == "ref-expired"
    phone.link(number, ref=last)
    wait_ready(page)


def test_a_number_has_four_linked_devices_at_most(browser: Browser, phone: Phone, number: str) -> None:
    for _ in range(4):
        with profile(browser) as tabs:
            linked(tabs, phone, number)
    with profile(browser) as tabs:
        page = opened(tabs)
        with pytest.raises(PhoneRefused) as refused:
            phone.link(number, ref=shown_qr(page))
        assert refused.value.reason == "device-limit"
        phone.unlink(number, wid=f"{number}:2@c.us")
        assert phone.link(number, ref=shown_qr(page)).wid == f"{number}:5@c.us"
        wait_ready(page)


def test_a_page_is_linked_with_a_pairing_code(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = opened(tabs)
    wait_state(page, "UNPAIRED")
    code = page.evaluate(
        "number => require('WAWebAltDeviceLinkingApi').startAltLinkingFlow(number, true)", number
    )
    assert len(code) == 8
    assert phone.link_code(f"{code[:4]}-{code[4:]}").number == number
    wait_ready(page)


@pytest.mark.parametrize("bad", ["", "12", "+49 abc", "1234567890123456"])
def test_what_is_no_number_is_refused(bad: str, phone: Phone, tabs: BrowserContext) -> None:
    shown_qr(opened(tabs))
    with pytest.raises(PhoneRefused) as refused:
        phone.link(bad)
    assert refused.value.reason == "bad-number"


def test_a_number_may_be_written_as_people_write_it(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = opened(tabs)
    written = f"+{number[:2]} {number[2:5]} {number[5:]}"
    assert phone.link(written, ref=shown_qr(page)).number == number
    wait_ready(page)


LOSSES = {
    "Local Storage, all of it": "localStorage.clear()",
    "last-wid-md": "localStorage.removeItem('last-wid-md')",
    "another device's name": "localStorage.setItem('last-wid-md', JSON.stringify('491510:1@c.us'))",
    "WANoiseInfo": "localStorage.removeItem('WANoiseInfo')",
    "WebEncKeySalt": "localStorage.setItem('WebEncKeySalt', JSON.stringify(btoa('x'.repeat(64))))",
    "a database": "new Promise(done => indexedDB.deleteDatabase('signal-storage').onblocked = done)",
    "the key": """new Promise(done => indexedDB.open('wawc_db_enc').onsuccess = ({target: {result}}) => {
        const writing = result.transaction('keys', 'readwrite');
        writing.objectStore('keys').clear();
        writing.oncomplete = done;
    })""",
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_login_opens_only_if_all_its_parts_agree(
    loss: str, tabs: BrowserContext, phone: Phone, number: str
) -> None:
    page = linked(tabs, phone, number)
    page.evaluate(LOSSES[loss])
    page.reload()
    shown_qr(page)
    assert stored(page) == {}
    assert databases(page) == []


def test_one_profile_with_the_other_ones_local_storage_is_logged_out(
    browser: Browser, phone: Phone, number: str, other_number: str
) -> None:
    with profile(browser) as one, profile(browser) as other:
        page, others = linked(one, phone, number), stored(linked(other, phone, other_number))
        page.evaluate("markers => { localStorage.clear(); Object.assign(localStorage, markers) }", others)
        page.reload()
        shown_qr(page)
        assert len(phone.devices(number)) == 1  # the phone is not told: the device is lost, not unlinked


def test_the_key_cannot_be_extracted(tabs: BrowserContext, phone: Phone, number: str) -> None:
    page = linked(tabs, phone, number)
    key = page.evaluate("""new Promise(done => indexedDB.open('wawc_db_enc').onsuccess = ({target}) => {
        const rows = target.result.transaction('keys').objectStore('keys').getAll();
        rows.onsuccess = () => done([rows.result[0].key.constructor.name, rows.result[0].key.extractable]);
    })""")
    assert key == ["CryptoKey", False]


def test_an_older_copy_of_a_session_is_told_from_the_newest(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    page = linked(tabs, phone, number)
    page.reload()
    wait_ready(page)
    page.evaluate("""new Promise(done => indexedDB.open('signal-storage').onsuccess = (event) => {
        const writing = event.target.result.transaction('session-store', 'readwrite');
        writing.objectStore('session-store').put({address: 'generation', value: 1});
        writing.oncomplete = done;
    })""")
    page.reload()
    wait_ready(page)
    phone.wait_ready(number)
    (device,) = phone.devices(number)
    assert (device.rollbacks, device.generation) == (1, 3)


def test_markers_are_json_as_whatsapp_writes_them(tabs: BrowserContext, phone: Phone, number: str) -> None:
    markers = stored(linked(tabs, phone, number))
    assert {"last-wid-md", "WANoiseInfo", "WebEncKeySalt"} <= set(markers)
    assert all(json.loads(value) for value in markers.values())
