"""A browser host and a slot whose browsers it runs: import the fixture `hosted` into a conftest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import PATIENCE, eventually
from wagit.bots import browser_host_pages
from wagit.bots.browser_host import BrowserHost, HostedBrowser
from wagit.drivers.base import PRELOAD
from wagit.drivers.node import node_options


class Hosted:
    """A slot's data, the host that may run browsers on it, and what leads a bot to both."""

    def __init__(self, data: Path) -> None:
        data.mkdir()
        self.data = data
        self.notices: list[str] = []
        self.host = BrowserHost(self.notices.append)
        self.host.start()
        self.host.allow(str(data))

    @property
    def environ(self) -> dict[str, str]:
        return {
            "NODE_OPTIONS": node_options("", PRELOAD),
            "WAGIT_DATA_DIR": str(self.data),
            "WAGIT_BROWSER": self.host.address,
        }

    def browsers(self) -> list[HostedBrowser]:
        return self.host.running(str(self.data))

    def browser(self) -> HostedBrowser:
        (browser,) = self.browsers()
        return browser

    def serves(self) -> bool:
        return self.host.serves(str(self.data))

    def wait_left(self) -> None:
        eventually(lambda: not self.serves())


@pytest.fixture
def hosted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    if not shutil.which("node"):
        pytest.skip("there is no node")
    monkeypatch.setattr(browser_host_pages, "_ANSWERS_WITHIN", PATIENCE)  # else a slow one is replaced
    hosted = Hosted(tmp_path / "slot")
    yield hosted
    hosted.host.stop()
    assert not hosted.browsers()
