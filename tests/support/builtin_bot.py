"""The built-in bot as a process of its own, and what it says line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import executable
from wagit.browser.stop import close_browser
from wagit.standin.server import Standin

PATIENCE = 30.0  # seconds
PROGRAM = """
import json, os, sys
from wagit.operations.bot import as_json, run
sys.exit(run(sys.argv[1], os.environ, True, lambda event: print(json.dumps(as_json(event)), flush=True)))
"""


class BotProcess:
    """A running built-in bot, first of a process group of its own."""

    def __init__(self, profile: Path, arguments: list[str]) -> None:
        self.profile = profile
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed by clean_up
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(profile)],
            env={**os.environ, "WAGIT_CHROMIUM": executable(), "WAGIT_CHROMIUM_ARGS": json.dumps(arguments)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()

    def wait_event(self, after: int = 0, **wanted: object) -> int:
        """Return the number of the first event from the `after`-th on that has all of `wanted`."""

        def found() -> int | None:
            numbered = list(enumerate(self.events))[after:]
            return next((i for i, event in numbered if wanted.items() <= event.items()), None)

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, PATIENCE), (
                f"{wanted} not in {self.events}"
            )
            position = found()
        assert position is not None
        return position

    def wait_state(self, state: str, after: int = 0) -> int:
        return self.wait_event(after, event="state", state=state)

    def states(self) -> list[str]:
        return [event["state"] for event in self.events if event["event"] == "state"]

    def ended(self) -> dict[str, Any]:
        """The last event, when the process has ended."""
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return self.events[-1]

    def complaints(self) -> str:
        """What it wrote to stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def stop(self) -> dict[str, Any]:
        self.process.terminate()
        return self.ended()

    def clean_up(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()
        close_browser(str(self.profile), timeout=2)


StartBot = Callable[..., BotProcess]


@pytest.fixture
def start_bot(standin: Standin, tmp_path: Path) -> Iterator[StartBot]:
    """Start the bot on a profile of this name, against the stand-in."""
    running: list[BotProcess] = []

    def start(name: str = "profile", *arguments: str) -> BotProcess:
        bot = BotProcess(tmp_path / name, [*standin.chromium_args, *arguments])
        running.append(bot)
        return bot

    yield start
    for bot in running:
        bot.clean_up()
