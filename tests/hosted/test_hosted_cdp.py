"""Bots that connect to a browser: Playwright's `connect_over_cdp` on WAGIT_CDP_URL."""

from __future__ import annotations

import os
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.support.browser import eventually
from tests.support.hosted import Hosted
from wagit.bots.browser_host_process import is_used

pytestmark = pytest.mark.browser


@pytest.fixture
def url(hosted: Hosted) -> str:
    return hosted.host.cdp_url(str(hosted.data / "session"), os.environ)


def test_playwright_connects_leaves_and_connects_again(hosted: Hosted, url: str) -> None:
    assert not hosted.browsers()
    found = []
    with sync_playwright() as playwright:
        for _ in range(2):
            browser = playwright.chromium.connect_over_cdp(url)
            (page,) = browser.contexts[0].pages
            assert "HeadlessChrome" not in page.evaluate("navigator.userAgent")
            page.context.new_page().goto("data:text/html,more")
            found.append(hosted.browser())
            browser.close()
            eventually(lambda: not is_used(found[0].pid, found[0].endpoint))
    assert found[0] == found[1]


def test_who_asks_while_it_is_used_gets_it_as_it_is(hosted: Hosted, url: str) -> None:
    with sync_playwright() as playwright:
        first = playwright.chromium.connect_over_cdp(url).contexts[0]
        first.new_page().goto("data:text/html,more")
        second = playwright.chromium.connect_over_cdp(url).contexts[0]
        assert len(first.pages) == len(second.pages) == 2
    assert len(hosted.browsers()) == 1


def test_a_profile_keeps_its_address(hosted: Hosted, url: str) -> None:
    assert hosted.host.cdp_url(str(hosted.data / "session"), os.environ) == url
    assert hosted.host.cdp_url(str(hosted.data / "other"), os.environ) != url


@pytest.mark.parametrize("path", ["/json/version", "/x/json/version", "/{secret}/json/new", "/{secret}"])
def test_nothing_else_is_answered(hosted: Hosted, url: str, path: str) -> None:
    base, _, secret = url.rpartition("/")
    with pytest.raises(HTTPError, match="404"):
        urlopen(base + path.format(secret=secret))
    assert not hosted.browsers()


def test_a_slot_that_is_not_ours_has_no_browser(hosted: Hosted, url: str) -> None:
    hosted.host.forbid(str(hosted.data))
    with sync_playwright() as playwright, pytest.raises(Error, match="503"):
        playwright.chromium.connect_over_cdp(url)
