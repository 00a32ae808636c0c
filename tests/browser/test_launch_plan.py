from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wagit.browser.launch import WRITES_SOON, BadArguments, extra_arguments, plan, user_agent
from wagit.core.errors import UsageError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    chromium = tmp_path / "chromium"
    chromium.write_text("#!/bin/sh\necho Chromium 120.0.6099.1\n")
    chromium.chmod(0o755)
    return {"WAGIT_CHROMIUM": str(chromium), "PATH": os.environ["PATH"]}


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="these always have a display")
def test_headless_where_there_is_no_display_unless_asked(environ: dict[str, str]) -> None:
    assert plan(environ).headless
    assert not plan(environ, headless=False).headless
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        assert not plan({**environ, name: ":0"}).headless
        assert plan({**environ, name: ":0"}, headless=True).headless


def test_whatsapp_is_not_told_that_the_browser_is_headless(environ: dict[str, str]) -> None:
    agent = f"--user-agent={user_agent('120.0.6099.1')}"
    assert "Chrome/120.0.0.0 " in agent
    assert "Headless" not in agent
    assert agent in plan(environ, headless=True).arguments
    assert agent not in plan(environ, headless=False).arguments


def test_local_storage_is_written_soon(environ: dict[str, str]) -> None:
    assert WRITES_SOON in plan(environ).arguments


def test_arguments_of_the_environment_come_last(environ: dict[str, str]) -> None:
    environ["WAGIT_CHROMIUM_ARGS"] = '["--lang=de", "--user-agent=mine"]'
    assert plan(environ, headless=True).arguments[-2:] == ["--lang=de", "--user-agent=mine"]
    assert extra_arguments({"WAGIT_CHROMIUM_ARGS": " "}) == []


@pytest.mark.parametrize("text", ["--lang=de", "{}", "[1]", '"--lang=de"', "[", "null"])
def test_arguments_that_are_no_list_of_texts_are_refused(text: str) -> None:
    with pytest.raises(BadArguments, match="WAGIT_CHROMIUM_ARGS") as raised:
        extra_arguments({"WAGIT_CHROMIUM_ARGS": text})
    assert isinstance(raised.value, UsageError)


def test_the_sandbox_is_off_only_where_it_cannot_run(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for user, sandbox in ((0, False), (1000, True)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert plan(environ).sandbox is sandbox
