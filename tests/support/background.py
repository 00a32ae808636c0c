"""Bots in the background: small ones that end at once when asked, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.browser import eventually
from tests.support.git import GitRepo, Ran
from tests.support.setup import wagit
from tests.support.wagit import run_wagit, set_up
from wagit.core import running
from wagit.core.repository import find
from wagit.operations import last_known

CONFIG = """\
version: 1
driver: baileys
default: dev
bot: {command: [sh, bot.sh], restart: {delays: [1h]}}
rules:
  - {branch: main, slot: production}
"""
BOT = 'echo "on $WAGIT_SLOT"\nexec sleep 3600\n'  # ends by SIGTERM


class Background:
    """A repository whose bot may run in the background."""

    def __init__(self, repo: GitRepo) -> None:
        self.repo = repo
        self.path = repo.path
        self.at = find(str(repo.path))

    @property
    def log(self) -> Path:
        return Path(running.log_of(self.at))

    @property
    def socket(self) -> Path:
        return Path(running.socket_of(self.at))

    @property
    def supervisor(self) -> int | None:
        holder = running.supervisor(self.at)
        return holder.pid if holder is not None else None

    @classmethod
    def make(cls, path: Path, config: str = CONFIG, *branches: str, bot: str = BOT) -> Background:
        """Make a repository with a bot, set wagit up in it, and trust its config."""
        repo = set_up(path, config, *branches)
        repo.write("bot.sh", bot)
        ran = wagit(path, "trust", "--yes")
        assert ran.status == 0, ran
        return cls(repo)

    def up(self, *arguments: str) -> Any:
        """Start it, which must succeed; the data of `up`."""
        return self.data("up", *arguments)

    def run(self, *arguments: str) -> Ran:
        """Run a verb in a process of its own."""
        return run_wagit(self.path, *arguments)

    def data(self, *arguments: str) -> Any:
        """The data of a verb, which is run in this process, but for `up`, whose process outlives it."""
        words = [arguments[0], "--json", *arguments[1:]]
        ran = self.run(*words) if arguments[0] in ("up", "restart") else wagit(self.path, *words)
        assert ran.status == 0, ran
        return json.loads(ran.stdout)["data"]

    def bot(self) -> Any:
        """The one bot that `status` tells of; None before it tells of any."""
        return next(iter(self.data("status")["bots"]), None)

    def wait_logged(self, text: str) -> None:
        eventually(lambda: self.log.exists() and text in self.log.read_text())

    def end(self) -> None:
        """Kill what a test may have left."""
        pids = [self.supervisor, *(known.pid for known in last_known.read(running.standings_of(self.at)))]
        for pid in filter(None, pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
