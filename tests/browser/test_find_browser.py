from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.browser import executable
from wagit.browser import find


def program(path: Path, text: str = "echo Chromium 120.0.1.2 built on Anything 12.3") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def no_usual_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "_usual_places", lambda _: iter(()))


def test_what_is_named_wins_in_order(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    order = [program(tmp_path / "bin" / "chromium")]
    assert find.find(environ) == order[-1]
    for name in ("CHROME_PATH", "PUPPETEER_EXECUTABLE_PATH", "WAGIT_CHROMIUM"):
        environ[name] = program(tmp_path / name)
        assert find.find(environ) == environ[name]
    assert find.find(environ, configured=order[0]) == order[0]


def test_a_name_without_a_directory_is_looked_up_on_the_path(tmp_path: Path) -> None:
    mine = program(tmp_path / "bin" / "my-chrome")
    program(tmp_path / "bin" / "chromium")
    assert find.find({"PATH": str(tmp_path / "bin"), "WAGIT_CHROMIUM": "my-chrome"}) == mine


def test_a_named_browser_that_does_not_exist_is_an_error_that_names_who_said_it(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "chromium")
    with pytest.raises(find.NoBrowser, match="CHROME_PATH") as raised:
        find.find({"PATH": str(tmp_path / "bin"), "CHROME_PATH": str(tmp_path)})
    assert raised.value.code == "no-browser"


def test_downloads_of_playwright_and_puppeteer_newest_first(tmp_path: Path) -> None:
    environ = {"PATH": "", "HOME": str(tmp_path)}
    puppeteer = program(tmp_path / ".cache/puppeteer/chrome/linux-131.0.1.2/chrome-linux64/chrome")
    assert find.find(environ) == puppeteer
    program(tmp_path / ".cache/ms-playwright/chromium-999/chrome-linux/chrome")
    newest = program(tmp_path / ".cache/ms-playwright/chromium-1200/chrome-linux/chrome")
    assert find.find(environ) == newest
    elsewhere = program(tmp_path / "here [1]/chromium-7/chrome-linux64/chrome")
    assert find.find({**environ, "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "here [1]")}) == elsewhere


def test_none_at_all_says_how_to_install_one(tmp_path: Path) -> None:
    with pytest.raises(find.NoBrowser) as raised:
        find.find({"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert "install" in raised.value.hint


def test_the_version_is_asked(tmp_path: Path) -> None:
    assert find.version(program(tmp_path / "chrome")) == "120.0.1.2"
    for text in ("exit 1", "echo no numbers"):
        with pytest.raises(find.NoBrowser, match="did not tell"):
            find.version(program(tmp_path / "mute", text))
    (tmp_path / "mute").write_text("\0\0")
    with pytest.raises(find.NoBrowser, match="does not run"):
        find.version(str(tmp_path / "mute"))


@pytest.mark.browser
def test_the_version_of_the_real_one() -> None:
    path = executable()
    assert os.access(path, os.X_OK)
    assert len(find.version(path).split(".")) == 4
