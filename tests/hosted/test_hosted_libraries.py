"""puppeteer of two majors and Playwright, on websocket and pipe, notice nothing."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.browser import executable
from tests.support.hosted import Hosted
from tests.support.node_bot import PACKAGES, needs_node

pytestmark = [*needs_node, pytest.mark.browser]

# Two browsers after each other in one process; what a library's user can see of them.
TWICE = """
const log = [];
const open = async (library, options) => {
  const browser = await library.launch(options);
  const child = browser.process();
  const pages = (await browser.pages()).length;
  browser.on('disconnected', () => log.push('disconnected'));
  child.on('exit', (status, signal) => log.push(['exit', status, signal]));
  await browser.newPage();
  await browser.close();
  log.push([pages, browser.isConnected(), path.basename(child.spawnfile)]);
};
const path = require('path');
const [library, options] = JSON.parse(process.argv[2]);
open(require(library), options)
  .then(() => open(require(library), options))
  .then(() => console.log(JSON.stringify(log)));
"""


def launch(profile: Path, **more: object) -> dict[str, object]:
    return {
        "executablePath": executable(),
        "args": ["--no-sandbox", "--disable-gpu"],
        "userDataDir": str(profile),
        **more,
    }


def node(hosted: Hosted, code: str, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "-e", code, "--", *given],
        cwd=PACKAGES.parent,
        env=os.environ | hosted.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("library", "pipe"), [("puppeteer-core", False), ("puppeteer-core", True), ("puppeteer-core-18", False)]
)
def test_puppeteer_closes_and_opens_as_ever(hosted: Hosted, library: str, pipe: bool) -> None:
    asked = json.dumps([library, launch(hosted.data / "session", pipe=pipe)])
    done = node(hosted, TWICE, "x", asked)
    assert done.stderr == ""
    log = json.loads(done.stdout)
    assert [line for line in log if len(line) == 3 and line[0] != "exit"] == [[1, False, "chromium"]] * 2
    assert log.count("disconnected") == 2
    assert log.count(["exit", 0, None]) == 2
    assert not hosted.serves()
    assert hosted.browser()


KILLED = """
const [library, options] = JSON.parse(process.argv[2]);
require(library).launch(options).then(async (browser) => {
  browser.on('disconnected', () => console.log('disconnected'));
  await browser.version();
  browser.process().kill('SIGKILL');
});
"""


def test_a_bot_that_kills_its_browser_sees_it_gone(hosted: Hosted) -> None:
    done = node(hosted, KILLED, "x", json.dumps(["puppeteer-core", launch(hosted.data / "session")]))
    assert done.stdout == "disconnected\n"
    assert hosted.browser()


def test_playwright_opens_the_same_browser_again(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    from playwright.sync_api import sync_playwright

    for name, value in hosted.environ.items():
        monkeypatch.setenv(name, value)
    found = []
    with sync_playwright() as playwright:
        for _ in range(2):
            context = playwright.chromium.launch_persistent_context(
                hosted.data / "session", executable_path=executable(), args=["--no-sandbox", "--disable-gpu"]
            )
            page = context.pages[0]
            assert page.evaluate("(text) => text.length", "x" * (1 << 20)) == 1 << 20
            assert len(page.evaluate("'x'.repeat(1 << 20)")) == 1 << 20
            context.new_page()
            found.append((hosted.browser(), len(context.pages), page.url))
            context.close()
    assert found[0] == found[1]
    assert found[0][1:] == (2, "about:blank")
