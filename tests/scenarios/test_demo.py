"""The tour: the main job in a throw-away repository, without any trace afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support.bots import PACKAGES, needs_packages
from tests.support.wagit import CHECKOUT, WAGIT

pytestmark = [pytest.mark.browser]


@pytest.mark.node
@needs_packages
def test_the_demo_with_real_whatsapp_web_js_needs_two_scans_and_leaves_nothing(home: Path) -> None:
    bot = home / "bot"
    bot.mkdir()
    (bot / "bot.js").write_bytes((CHECKOUT / "examples/wwebjs/bot.js").read_bytes())
    (bot / "node_modules").symlink_to(PACKAGES)
    scenes = _demo(home, "--bot", str(bot))
    assert sum("QR shown" in scene["text"] for scene in scenes) == 2
    assert sum("no QR" in scene["text"] for scene in scenes) == 4
    assert sum("production is broken" in scene["text"] for scene in scenes) == 1, "a flipped bit is noticed"
    assert "4 switches, 0 QR codes." in [scene["text"] for scene in scenes]
    assert _left(home) == []


def test_the_demo_with_the_built_in_bot_leaves_nothing(home: Path) -> None:
    scenes = _demo(home)
    assert scenes[-1]["text"].endswith("(exit status 0).")
    [table] = [scene["text"] for scene in scenes if "held by" in scene["text"]]
    assert table.count(" fresh ") == 2, "the built-in bot notes when a session was ready"
    assert _left(home) == []


def test_an_interrupted_demo_leaves_nothing(home: Path) -> None:
    demo = subprocess.Popen(
        [*WAGIT, "demo"], env=_environ(home), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("  on main: QR shown"):
            os.kill(demo.pid, signal.SIGINT)
            break
    demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert _left(home) == []


def _demo(home: Path, *arguments: str) -> list[dict[str, str]]:
    done = subprocess.run(
        [*WAGIT, "demo", "--json", *arguments],
        env=_environ(home), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    scenes = json.loads(done.stdout)["data"]
    assert isinstance(scenes, list)
    return scenes


def _environ(home: Path) -> dict[str, str]:
    scratch = home / "t"  # short: Chromium makes a socket below it, and those have at most 107 bytes
    scratch.mkdir()
    return {**os.environ, "TMPDIR": str(scratch)}


def _left(home: Path) -> list[str]:
    """Files in the demo's scratch directory, and processes that name it."""
    scratch = home / "t"
    files = [path.name for path in scratch.iterdir() if path.name.startswith("wagit")]
    processes = psutil.process_iter(["cmdline"])
    named = [str(process) for process in processes if str(scratch) in " ".join(process.info["cmdline"] or [])]
    return files + named
