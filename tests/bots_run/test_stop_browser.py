"""The safe stop with a real Chromium: nothing that was written is lost, and no browser is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.browser import FLAGS, WriterPage, eventually, executable, writer_page
from tests.support.processes import NOTING, Notes, end, python
from wagit.bots.child import Running, start
from wagit.bots.ladder import Rung
from wagit.bots.stop import SlotBrowsers, Stopped, Stopper
from wagit.browser.profile import browser_of

pytestmark = pytest.mark.browser
PATIENCE = 20.0

# As puppeteer does: the browser in a session of its own, its streams piped.
LAUNCH = f"""{NOTING}
import json, subprocess
def launch(url="about:blank", *flags):
    return subprocess.Popen(
        [*json.loads(os.environ["BROWSER"]), "--user-data-dir=" + os.environ["PROFILE"], *flags, url],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
"""
BOT = f"{LAUNCH}\nlaunch(os.environ['URL'])\nnote('start', 'bot', os.getpid())\nwhile True: signal.pause()\n"
STUBBORN = f"""{LAUNCH}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
note('start', 'bot', os.getpid())
while True:
    browser = launch()
    note('launched', browser.pid)
    browser.wait()
"""
# As puppeteer does when its bot dies of the closed page: whatever still runs of the browser is killed.
KILLS = f"""{LAUNCH}
import pathlib
from websockets.sync.client import connect
browser = launch(os.environ["URL"], "--remote-debugging-port=0")
port = pathlib.Path(os.environ["PROFILE"], "DevToolsActivePort")
while not port.exists() or port.read_text().count("\\n") != 1:
    time.sleep(0.01)
number, path = port.read_text().split("\\n")
with connect(f"ws://127.0.0.1:{{number}}{{path}}", proxy=None) as devtools:
    devtools.send(json.dumps(dict(id=1, method="Target.setDiscoverTargets", params=dict(discover=True))))
    note('start', 'bot', os.getpid())
    while '"Target.targetDestroyed"' not in devtools.recv():
        pass
os.killpg(browser.pid, signal.SIGKILL)
"""
LEAVES = f"{LAUNCH}\nbrowser = launch()\nnote('start', 'bot', os.getpid())\nsys.exit(browser.wait() + 3)\n"


class Bot:
    def __init__(self, directory: Path, url: str) -> None:
        import json

        self.profile = directory / "profile"
        self.notes = Notes(directory / "notes")
        self.environ = {
            **os.environ,
            "NOTES": str(self.notes.path),
            "PROFILE": str(self.profile),
            "BROWSER": json.dumps([executable(), *FLAGS]),
            "URL": url,
        }
        self.child: Running | None = None

    def start(self, source: str) -> Running:
        self.child = start(python(source), str(self.profile.parent), self.environ)
        eventually(lambda: browser_of(str(self.profile)))
        return self.child

    def stop(self, grace: float = 10.0) -> Stopped:
        assert self.child is not None
        return Stopper(self.child, SlotBrowsers(lambda: [str(self.profile)]), grace).run()

    def browsers(self) -> list[int]:
        """Every process of any browser on the profile."""
        named = f"--user-data-dir={self.profile}"
        return [p.pid for p in psutil.process_iter(["cmdline"]) if named in (p.info["cmdline"] or [])]


@pytest.fixture(scope="module")
def page() -> Iterator[WriterPage]:
    with writer_page() as page:
        yield page


@pytest.fixture
def bot(tmp_path: Path, page: WriterPage) -> Iterator[Bot]:
    bot = Bot(tmp_path, f"{page.url}?value={tmp_path.name}")
    yield bot
    end(*(int(pid) for _, _, pid in bot.notes.all("start")), *bot.browsers())


def test_what_the_page_wrote_a_moment_ago_is_there_after_the_stop(
    bot: Bot, page: WriterPage, tmp_path: Path
) -> None:
    bot.start(BOT)
    page.wait_written(tmp_path.name)
    stopped = bot.stop()
    assert stopped.left == 0
    assert bot.browsers() == []
    assert page.read(bot.profile) == (tmp_path.name, tmp_path.name)


def test_a_bot_that_kills_its_browser_when_the_page_closes_is_held_until_all_is_written(
    bot: Bot, page: WriterPage, tmp_path: Path
) -> None:
    child = bot.start(KILLS)
    bot.notes.wait("start")
    page.wait_written(tmp_path.name)
    stopped = bot.stop()
    assert (stopped.left, bot.browsers(), child.status) == (0, [], 143)
    assert page.read(bot.profile) == (tmp_path.name, tmp_path.name)


def test_a_killed_bots_browser_is_closed_safely(bot: Bot, page: WriterPage, tmp_path: Path) -> None:
    child = bot.start(BOT)
    page.wait_written(tmp_path.name)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(PATIENCE)
    assert browser_of(str(bot.profile)), "the browser is an orphan now"
    stopped = bot.stop()
    assert [step.rung for step in stopped.steps] == [Rung.CLOSE]
    assert bot.browsers() == []
    assert page.read(bot.profile) == (tmp_path.name, tmp_path.name)


def test_a_bot_that_relaunches_its_browser_is_caught(bot: Bot) -> None:
    bot.start(STUBBORN)
    stopped = bot.stop(grace=1.0)
    assert len(bot.notes.all("launched")) > 1, "it did relaunch"
    assert Rung.KILL in [step.rung for step in stopped.steps]
    assert bot.browsers() == []
    assert not os.path.lexists(bot.profile / "SingletonLock"), "closed, not killed"


def test_a_bot_that_ends_when_its_browser_does_keeps_its_status(bot: Bot) -> None:
    bot.start(LEAVES)
    assert bot.stop().status in (3, None)  # None: our SIGTERM was faster
    assert bot.browsers() == []


def test_a_stop_during_the_start_of_the_browser(bot: Bot) -> None:
    """Its lock is not there yet for the first 0.2 s."""
    bot.child = start(python(BOT), str(bot.profile.parent), bot.environ)
    eventually(bot.browsers)
    bot.stop()
    assert bot.browsers() == []


def test_another_profiles_browser_is_left_alone(bot: Bot, tmp_path: Path) -> None:
    from tests.support.browser import browser

    with browser(tmp_path / "other") as other:
        bot.start(BOT)
        bot.stop()
        assert other.poll() is None
