"""The helpers that tell wagit of a session: copied into a bot, they write what wagit reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sessions import Sessions
from tests.support.wagit import CHECKOUT
from wagit.operations import bot_events

EVENTS = CHECKOUT / "examples" / "events"
BOTS = {
    "python": (sys.executable, "-c", "from tell import tell; tell('qr', ref='2@x'); tell('ready')"),
    "node": ("node", "-e", "const { tell } = require('./tell'); tell('qr', { ref: '2@x' }); tell('ready');"),
}


@pytest.mark.parametrize("language", [pytest.param("node", marks=pytest.mark.node), "python"])
def test_what_a_bot_tells_is_read(tmp_path: Path, language: str) -> None:
    sessions = Sessions.make(tmp_path / "repo")
    path = bot_events.path_of(sessions.store, "production")
    environ = {**os.environ, "WAGIT_EVENTS": path, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(BOTS[language], cwd=EVENTS, env=environ, check=True)
    told = bot_events.read(sessions.store, "production", 4e9)
    assert told is not None
    assert told[-1].event == "ready"


@pytest.mark.parametrize("path", [None, "/nowhere/events.jsonl"])
@pytest.mark.parametrize("language", [pytest.param("node", marks=pytest.mark.node), "python"])
def test_a_bot_goes_on_when_nobody_can_be_told(language: str, path: str | None) -> None:
    environ = {key: value for key, value in os.environ.items() if key != "WAGIT_EVENTS"}
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    if path is not None:
        environ["WAGIT_EVENTS"] = path
    done = subprocess.run(BOTS[language], cwd=EVENTS, env=environ, check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
