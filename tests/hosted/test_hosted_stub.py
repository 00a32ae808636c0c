"""The stub and the host, without a library: who gets which browser, and whose end ends what."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import wagit.browser.stub
from tests.support.browser import FLAGS, devtools_browser, eventually, executable
from tests.support.hosted import Hosted
from tests.support.processes import alive
from wagit.browser.devtools import DevTools
from wagit.browser.profile import browser_of

pytestmark = pytest.mark.browser

STUB = wagit.browser.stub.__file__


class Standing:
    """A stub that was started as the preload does it."""

    def __init__(self, hosted: Hosted, *more: str, program: str = "", profile: Path | None = None) -> None:
        given = [*FLAGS, f"--user-data-dir={profile or hosted.data}", "--remote-debugging-port=0", *more]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", STUB, str(os.getpid()), program or executable(), *given],
            env={**os.environ, "WAGIT_BROWSER": hosted.host.address},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def endpoint(self) -> str:
        """What it tells, without its mark."""
        assert self.process.stderr
        for line in self.process.stderr:
            if line.startswith("DevTools listening on "):
                return line.split()[-1]
        raise AssertionError("it told no address")

    def is_stub(self) -> bool:
        """Whether it has not become the browser."""
        return STUB in Path(f"/proc/{self.process.pid}/cmdline").read_text().split("\0")


@contextmanager
def standing(
    hosted: Hosted, *more: str, program: str = "", profile: Path | None = None
) -> Iterator[Standing]:
    stub = Standing(hosted, *more, program=program, profile=profile)
    try:
        yield stub
    finally:
        stub.process.kill()
        stub.process.wait()
        assert stub.process.stderr
        stub.process.stderr.close()


def test_equal_options_get_the_same_browser_in_any_order(hosted: Hosted) -> None:
    with standing(hosted, "--lang=de", "--mute-audio") as stub:
        first = stub.endpoint()
        assert first.startswith(hosted.browser().endpoint)
        assert hosted.serves()
    hosted.wait_left()
    with standing(hosted, "--mute-audio", "--lang=de") as stub:
        assert stub.endpoint().partition("?")[0] == first.partition("?")[0]


def test_other_options_get_a_browser_instead_of_that_one(hosted: Hosted) -> None:
    with standing(hosted, "--lang=de") as stub:
        stub.endpoint()
        first = hosted.browser()
    hosted.wait_left()
    with standing(hosted, "--lang=fr") as stub:
        stub.endpoint()
        assert hosted.browser().pid != first.pid
        assert not alive(first.pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_the_stub_and_not_the_browser(hosted: Hosted, number: int) -> None:
    with standing(hosted) as stub:
        stub.endpoint()
        os.killpg(stub.process.pid, number)
        assert stub.process.wait(10) == (-number if number == signal.SIGKILL else 0)
    hosted.wait_left()
    assert alive(hosted.browser().pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_stub_ends_as_its_browser_does(hosted: Hosted, number: int) -> None:
    with standing(hosted) as stub:
        stub.endpoint()
        os.kill(hosted.browser().pid, number)
        assert stub.process.wait(10) == (-number if number == signal.SIGKILL else 0)
    assert not hosted.browsers()


def test_closing_a_slot_s_browsers_ends_their_stubs(hosted: Hosted) -> None:
    with standing(hosted) as stub:
        stub.endpoint()
        pid = hosted.browser().pid
        assert hosted.host.memory(str(hosted.data)) > 10 << 20
        hosted.host.forbid(str(hosted.data))
        hosted.host.close(str(hosted.data))
        assert not alive(pid)
        assert stub.process.wait(10) == 0


def test_one_page_is_left_for_the_next_bot(hosted: Hosted) -> None:
    with standing(hosted) as stub, DevTools(stub.endpoint()) as devtools:
        context = devtools.call("Target.createBrowserContext")["browserContextId"]
        devtools.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})
        for url in ("data:text/html,one", "data:text/html,two"):
            devtools.call("Target.createTarget", {"url": url})
    hosted.wait_left()
    with standing(hosted) as stub, DevTools(stub.endpoint()) as devtools:
        assert [page.url for page in devtools.targets() if page.type == "page"] == ["about:blank"]


class TestOwn:
    """The stub becomes the bot's own browser."""

    def test_where_the_slot_is_not_ours(self, hosted: Hosted, tmp_path: Path) -> None:
        with standing(hosted, profile=tmp_path / "elsewhere") as stub:
            assert "?" not in stub.endpoint()
            assert not stub.is_stub()
        assert not hosted.browsers()

    def test_where_there_is_no_host(self, hosted: Hosted) -> None:
        hosted.host.stop()
        with standing(hosted) as stub:
            assert "?" not in stub.endpoint()

    def test_where_another_bot_is_served(self, hosted: Hosted) -> None:
        with standing(hosted) as one:
            one.endpoint()
            with standing(hosted) as two:
                assert two.process.wait(20) == 21  # Chromium's status for a profile that is in use

    def test_where_a_hosted_one_does_not_start(self, hosted: Hosted, tmp_path: Path) -> None:
        program = tmp_path / "broken"
        program.write_text("#!/bin/sh\necho no display >&2\nexit 5\n")
        program.chmod(0o755)
        with standing(hosted, program=str(program)) as stub:
            assert stub.process.wait(10) == 5
        assert hosted.notices == [f"no browser could be hosted: {program}: exit status 5: no display"]

    def test_after_the_profile_was_deleted_a_new_one_is_hosted(self, hosted: Hosted) -> None:
        profile = hosted.data / "session"
        with standing(hosted, profile=profile) as stub:
            stub.endpoint()
            first = hosted.browser()
            (profile / "SingletonLock").unlink()  # as rm -r does it
        eventually(lambda: not alive(first.pid))
        with standing(hosted, profile=profile) as stub:
            stub.endpoint()
            found = browser_of(str(profile))
            assert found is not None
            assert found.pid == hosted.browser().pid


def test_a_browser_whose_profile_was_moved_away_is_closed_safely(hosted: Hosted, tmp_path: Path) -> None:
    with standing(hosted, profile=hosted.data / "session") as stub:
        stub.endpoint()
        (hosted.data / "session").rename(tmp_path / "aside")
        hosted.host.close(str(hosted.data))
        assert stub.process.wait(10) == 0
    assert not hosted.browsers()


def test_a_browser_that_somebody_else_opened_is_not_touched(hosted: Hosted) -> None:
    with devtools_browser(hosted.data) as other, standing(hosted) as stub:
        assert stub.process.wait(30) == 21
        assert alive(other.pid)
    assert len(hosted.notices) == 1
