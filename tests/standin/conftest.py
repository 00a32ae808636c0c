"""The stand-in's fixtures, and one Chromium for each module that wants pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.standin.pages import chromium, profile
from tests.support.standin import number, other_number, phone, standin, standin_of_session
from wagit.standin.server import Standin

__all__ = ["number", "other_number", "phone", "standin", "standin_of_session"]


@pytest.fixture(scope="module")
def browser(standin_of_session: Standin) -> Iterator[Browser]:
    with chromium(standin_of_session) as browser:
        yield browser


@pytest.fixture
def tabs(browser: Browser) -> Iterator[BrowserContext]:
    with profile(browser) as context:
        yield context
