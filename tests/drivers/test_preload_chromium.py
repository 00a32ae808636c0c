"""Arguments for the browsers that bots start, and other node programs, which must not notice."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.node_bot import Bot, needs_node
from wagit.drivers.base import PRELOAD
from wagit.drivers.node import node_options

pytestmark = needs_node

RECORD = """#!/bin/sh
for argument; do printf '%s\\n' "$argument"; done >"$(dirname "$0")/arguments"
exit 1
"""
EXTRA = ["--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:9", "--user-agent=x y"]


class TestChromiumArguments:
    @pytest.fixture
    def given(self, bot: Bot) -> Callable[[], list[str]]:
        """Arguments that the last start of `./browser` got."""
        (bot.worktree / "browser").write_text(RECORD)
        (bot.worktree / "browser").chmod(0o755)
        bot.environ["WAGIT_CHROMIUM_ARGS"] = json.dumps(EXTRA)
        return lambda: (bot.worktree / "arguments").read_text().splitlines()

    @pytest.mark.parametrize(
        ("name", "load"),
        [
            ("bot.cjs", "const puppeteer = require('puppeteer');"),
            ("bot.mjs", "import puppeteer from 'puppeteer';"),
            ("bot.cjs", "const puppeteer = require('puppeteer-core');"),
        ],
    )
    def test_puppeteer_s_browser_gets_them(
        self, bot: Bot, given: Callable[[], list[str]], name: str, load: str
    ) -> None:
        bot.run(
            f"{load} puppeteer.launch({{executablePath: './browser', args: ['--own']}}).catch(() => 0)", name
        )
        assert [word for word in given() if word in EXTRA] == EXTRA
        assert "--own" in given()

    def test_playwright_s_browser_gets_them(
        self, bot: Bot, given: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from playwright.sync_api import Error, sync_playwright

        monkeypatch.setenv("NODE_OPTIONS", node_options("", PRELOAD))
        monkeypatch.setenv("WAGIT_CHROMIUM_ARGS", bot.environ["WAGIT_CHROMIUM_ARGS"])
        with sync_playwright() as playwright, pytest.raises(Error):
            playwright.chromium.launch_persistent_context(bot.data, executable_path=bot.worktree / "browser")
        assert [word for word in given() if word in EXTRA] == EXTRA

    @pytest.mark.parametrize("argument", ["--user-data-dir=x", "--remote-debugging-port=0", "--version"])
    def test_other_programs_do_not(self, bot: Bot, given: Callable[[], list[str]], argument: str) -> None:
        bot.opens(f"require('child_process').spawn('./browser', ['{argument}'])")
        assert given() == [argument]

    @pytest.mark.parametrize("value", ["no json", "{}", "[1]", '"--x"'])
    def test_a_bad_value_breaks_no_bot(self, bot: Bot, value: str) -> None:
        bot.environ["WAGIT_CHROMIUM_ARGS"] = value
        done = bot.run("console.log('runs')")
        assert done.stdout == "runs\n"
        assert done.stderr.startswith("wagit: WAGIT_CHROMIUM_ARGS")


@pytest.mark.parametrize("command", ["node -e 0", "npm --version"])
def test_other_programs_run_as_ever(bot: Bot, command: str) -> None:
    bot.environ["WAGIT_CHROMIUM_ARGS"] = json.dumps(EXTRA)
    environ = os.environ | {"NODE_OPTIONS": node_options("", PRELOAD)} | bot.environ
    plain = subprocess.run(command.split(), capture_output=True, check=True)
    done = subprocess.run(command.split(), env=environ, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (plain.stdout, plain.stderr)


@pytest.mark.parametrize("name", ["plain", "with space", 'with "quotes"', "back\\slash", "ünicode 日本"])
def test_node_reads_the_option_from_any_path(tmp_path: Path, name: str) -> None:
    preload = tmp_path / f"{name}.cjs"
    preload.write_text("console.log('preloaded')")
    options = node_options("--no-warnings", str(preload))
    assert node_options(options, str(preload)) == options
    done = subprocess.run(
        ["node", "-p", "process.execArgv.length"],
        env=os.environ | {"NODE_OPTIONS": options},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("preloaded\n")
