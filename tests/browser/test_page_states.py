from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.browser import devtools_browser, eventually
from wagit.browser.devtools import DevTools, Target, endpoint
from wagit.browser.states import FACTS, Facts, PageState, facts_from, ref_of, state_of

HOME = "https://web.whatsapp.com/"
LOGGED_OUT = f"{HOME}?post_logout=1&logout_reason=0"


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (Facts(), "booting"),
        (Facts(LOGGED_OUT), "booting"),
        (Facts(HOME, version="2.3"), "booting"),
        (Facts(HOME, version="2.3", socket="UNLAUNCHED"), "booting"),
        (Facts(HOME, version="2.3", socket="OPENING", synced=False), "booting"),
        (Facts(HOME, version="2.3", socket="OPENING", synced=False, ref="1@old"), "booting"),
        (Facts(HOME, version="2.3", socket="OPENING", synced=True, chats=True), "offline"),
        (Facts(HOME, version="2.3", socket="TIMEOUT", synced=True, chats=True), "offline"),
        (Facts(HOME, version="2.3", socket="UNPAIRED"), "qr"),
        (Facts(HOME, version="2.3", socket="UNPAIRED", ref="1@a"), "qr"),
        (Facts(HOME, version="2.3", socket="UNPAIRED_IDLE"), "qr"),
        (Facts(LOGGED_OUT, version="2.3", socket="UNPAIRED", ref="1@a"), "logged-out"),
        (Facts(f"{HOME}?x=1&post_logout=1", version="2.3", socket="UNPAIRED"), "logged-out"),
        (Facts(f"{HOME}?post_logout=10", version="2.3", socket="UNPAIRED"), "qr"),
        (Facts(LOGGED_OUT, version="2.3", socket="PAIRING", ref="1@a"), "linking"),
        (Facts(LOGGED_OUT, version="2.3", socket="CONNECTED", synced=True), "ready"),
        (Facts(HOME, version="2.3", socket="CONNECTED", synced=False), "syncing"),
        (Facts(HOME, version="2.3", socket="CONNECTED", synced=False, chats=True), "syncing"),
        (Facts(HOME, version="2.3", socket="CONNECTED", chats=True), "ready"),
        (Facts(HOME, version="2.3", socket="CONFLICT", synced=True, chats=True), "conflict"),
        (Facts(HOME, version="2.3", socket="PROXYBLOCK"), "proxy-blocked"),
        (Facts(HOME, version="2.3", socket="TOS_BLOCK"), "terms-blocked"),
        (Facts(HOME, version="2.3", socket="DEPRECATED_VERSION"), "outdated-page"),
        (Facts(HOME, version="2.3", socket="SOMETHING_NEW"), "booting"),
        (Facts(HOME, ref="1@a"), "qr"),
        (Facts(LOGGED_OUT, ref="1@a"), "logged-out"),
        (Facts(HOME, chats=True), "ready"),
        (Facts(HOME, refused=True), "outdated-browser"),
    ],
)
def test_the_state_is_what_the_script_says_and_else_what_the_page_shows(
    facts: Facts, state: PageState
) -> None:
    assert state_of(facts) == state


@pytest.mark.parametrize(
    ("wid", "number"),
    [
        ("4915100000001:12@c.us", "4915100000001"),
        ("4915100000001@c.us", "4915100000001"),
        ("4915100000001.0:12@c.us", "4915100000001"),
        ("12345", None),
        ("<b>@c.us", None),
        (None, None),
    ],
)
def test_the_number_is_read_from_the_device(wid: str | None, number: str | None) -> None:
    assert Facts(wid=wid).number == number


def test_an_expired_qr_is_not_offered() -> None:
    assert ref_of(Facts(HOME, version="2.3", socket="UNPAIRED", ref="1@a")) == "1@a"
    assert ref_of(Facts(HOME, version="2.3", socket="UNPAIRED_IDLE", ref="1@a")) is None
    assert ref_of(Facts(HOME, version="2.3", socket="PAIRING", ref="1@a")) is None
    assert ref_of(Facts(HOME, ref="1@a")) == "1@a"


@pytest.mark.parametrize(
    "read", [None, 7, "text", [], {}, {"socket": 3, "synced": "yes", "chats": 1, "url": None, "refused": []}]
)
def test_nonsense_from_the_page_means_nothing_is_known(read: object) -> None:
    assert facts_from(read) == Facts()


PAGES = {
    "<title>nothing</title>": Facts(),
    "<div data-ref='1@x,y'></div>": Facts(ref="1@x,y"),
    "<p>WhatsApp works with Google Chrome 85+</p>": Facts(refused=True),
    """<div id=pane-side></div><script>
        Debug = {VERSION: '2.3'}; require = () => { throw Error('moved') }
    </script>""": Facts(version="2.3", chats=True),
    """<script>Debug = {VERSION: '2.3'}; require = (name) => ({
        WAWebSocketModel: {Socket: {state: 'CONNECTED', hasSynced: true}},
        WAWebUserPrefsMeUser: {getMaybeMePnUser: () => ({_serialized: '4915100000001@c.us'})},
    })[name]</script>""": Facts(version="2.3", socket="CONNECTED", synced=True, wid="4915100000001@c.us"),
}


@pytest.mark.browser
def test_the_facts_are_read_in_a_real_page_whatever_it_lacks(tmp_path: Path) -> None:
    with devtools_browser(tmp_path):
        address = endpoint(str(tmp_path))
        assert address is not None
        with DevTools(address) as devtools:
            for html, facts in PAGES.items():
                page = opened(devtools, f"data:text/html,{quote(html)}")
                assert facts_from(devtools.evaluate(page, FACTS))._replace(url="") == facts


def opened(devtools: DevTools, url: str) -> Target:
    made = devtools.call("Target.createTarget", {"url": url})["targetId"]
    page = next(target for target in devtools.targets() if target.id == made)
    loaded = f"location.href === {url!r} && document.readyState === 'complete'"
    eventually(lambda: devtools.evaluate(page, loaded))
    return page
