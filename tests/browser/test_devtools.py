from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import browser, devtools_browser, executable
from wagit.browser import find
from wagit.browser.devtools import DevTools, DevToolsFailed, endpoint
from wagit.browser.stop import close_browser

pytestmark = pytest.mark.browser


class Stranger:
    """A program that listens on a port, answers nothing, and counts who spoke to it."""

    def __init__(self, listener: socket.socket) -> None:
        self.port = int(listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._listener = listener
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self._sockets.append(self._listener.accept()[0])
            except OSError:
                return

    @property
    def visitors(self) -> int:
        return len(self._sockets)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for visitor in self._sockets:
            visitor.close()


@contextmanager
def stranger() -> Iterator[Stranger]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listening = Stranger(listener)
        yield listening
        listening.close()


def claim_port(profile: Path, port: int) -> None:
    (profile / "DevToolsActivePort").write_text(f"{port}\n/devtools/browser/0f0f")


def test_a_live_browser_is_asked_its_version_its_pages_and_an_expression(tmp_path: Path) -> None:
    with devtools_browser(tmp_path, url="data:text/html,<title>hello</title>"):
        address = endpoint(str(tmp_path))
        assert address is not None
        with DevTools(address) as devtools:
            assert devtools.version() == find.version(executable())
            assert devtools.whatsapp_page() is None
            page = next(target for target in devtools.targets() if target.type == "page")
            assert devtools.evaluate(page, "Promise.resolve({answer: [6 * 7, null]})") == {
                "answer": [42, None]
            }
            with pytest.raises(DevToolsFailed, match="no such thing"):
                devtools.evaluate(page, "throw new Error('no such thing')")
            with pytest.raises(DevToolsFailed, match=r"refused Nothing\.here"):
                devtools.call("Nothing.here")


def test_a_page_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with devtools_browser(tmp_path):
        address = endpoint(str(tmp_path))
        assert address is not None
        with DevTools(address) as devtools:
            page = next(target for target in devtools.targets() if target.type == "page")
            assert devtools.evaluate(page, "1") == 1
            devtools.timeout = 0.2
            with pytest.raises(DevToolsFailed, match=r"did not answer Runtime\.evaluate"):
                devtools.evaluate(page, "new Promise(() => {})")


def test_the_port_of_a_dead_browser_is_not_trusted(tmp_path: Path) -> None:
    with devtools_browser(tmp_path):
        close_browser(str(tmp_path))
    assert (tmp_path / "DevToolsActivePort").exists()
    with stranger() as listening:
        claim_port(tmp_path, listening.port)
        assert endpoint(str(tmp_path)) is None
        assert listening.visitors == 0


def test_a_strangers_port_is_told_nothing_though_the_browser_lives(tmp_path: Path) -> None:
    with stranger() as listening, browser(tmp_path) as process:
        claim_port(tmp_path, listening.port)  # left by the browser before this one, which has no port
        assert endpoint(str(tmp_path)) is None
        assert close_browser(str(tmp_path)).how == "sigint"
        assert process.wait() == 0
        assert listening.visitors == 0


def test_the_port_of_another_profiles_browser_is_not_trusted(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    with devtools_browser(theirs) as other, browser(ours):
        (ours / "DevToolsActivePort").write_bytes((theirs / "DevToolsActivePort").read_bytes())
        assert endpoint(str(ours)) is None
        assert close_browser(str(ours)).how == "sigint"
        assert other.poll() is None


@pytest.mark.parametrize("text", ["", "99", "x\n/y", "1\nhttp://elsewhere", "\xff\n\xff", "9" * 10000])
def test_a_broken_port_file_is_no_endpoint(tmp_path: Path, text: str) -> None:
    with browser(tmp_path):
        (tmp_path / "DevToolsActivePort").write_text(text)
        assert endpoint(str(tmp_path)) is None


def test_who_listens_and_never_answers_is_given_up() -> None:
    with stranger() as listening, pytest.raises(DevToolsFailed, match="do not answer"):
        DevTools(f"ws://127.0.0.1:{listening.port}/devtools/browser/0f0f", timeout=0.2)


def test_no_proxy_of_the_environment_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger() as listening, devtools_browser(tmp_path):
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{listening.port}")
        address = endpoint(str(tmp_path))
        assert address is not None
        with DevTools(address) as devtools:
            assert devtools.targets()
        assert listening.visitors == 0
