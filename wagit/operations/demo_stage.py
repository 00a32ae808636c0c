"""The demo's stage: a throw-away repository, its bot, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from wagit.core.errors import WagitError
from wagit.core.git import clean_environ
from wagit.standin.server import Standin

CONFIG = """\
version: 1
driver: wwebjs
strategy: pattern
default: dev
rules:
  - branch: main
    slot: production
  - branch: [develop, "feature/**"]
    slot: dev
"""
BRANCHES = ("main", "develop", "feature/42-menu")


class DemoFailed(WagitError):
    """A step of the demo ended with an error."""

    code = "demo-failed"


class Stage:
    """A directory with a git repository, a stand-in, and at most one running `wagit run`.

    Closing it stops the bot safely and removes the directory, also after an error or Ctrl-C.
    """

    def __init__(self, bot: str | None, environ: Mapping[str, str]) -> None:
        self.root = tempfile.mkdtemp(prefix="wagit-demo-")
        self.repo = os.path.join(self.root, "my bot")
        self.bot = os.path.abspath(bot) if bot else None
        os.mkdir(self.repo)
        self.standin = Standin.start()
        own = {"HOME": self.root, "XDG_CONFIG_HOME": self.root, "GIT_CONFIG_GLOBAL": os.devnull}
        own |= {"GIT_CONFIG_NOSYSTEM": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            own |= {f"GIT_{role}_NAME": "wagit demo", f"GIT_{role}_EMAIL": "demo@localhost"}
        self.environ = clean_environ(environ) | self.standin.environ(environ) | own
        self._log = open(os.path.join(self.root, "run.log"), "w+b")  # noqa: SIM115  # closed with the stage
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_bot()
        self.standin.stop()
        self._log.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def run(self, *command: str) -> str:
        """Run a program in the repository, return what it printed. Raises DemoFailed."""
        done = subprocess.run(
            command, cwd=self.repo, env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoFailed(
                f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()}", "run: wagit doctor"
            )
        return (done.stdout + done.stderr).rstrip()

    def wagit(self, *arguments: str) -> str:
        """Run this very wagit."""
        return self.run(sys.executable, "-m", "wagit", *arguments)

    def prepare(self) -> None:
        """Make the repository with its config and three branches."""
        self.run("git", "init", "-q", "-b", BRANCHES[0])
        with open(os.path.join(self.repo, ".wagit.yml"), "w", encoding="utf-8") as file:
            file.write(CONFIG)
        self.run("git", "add", ".wagit.yml")
        self.run("git", "commit", "-q", "-m", "Sessions by branch")
        for branch in BRANCHES[1:]:
            self.run("git", "branch", branch)

    def start_bot(self) -> None:
        """Start the bot as a user would, its output into a log."""
        verb = ["run", "--", "node", os.path.join(self.bot, "bot.js")] if self.bot else ["bot"]
        self._running = subprocess.Popen(
            [sys.executable, "-m", "wagit", *verb],
            cwd=self.repo,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def stop_bot(self) -> int | None:
        """Stop the bot as Ctrl-C would; return its exit status, None when none ran."""
        if self._running is None:
            return None
        self._running.send_signal(signal.SIGINT)
        try:
            return self._running.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._running.kill()
            return self._running.wait()
        finally:
            self._running = None

    def flip_bit(self, slot: str) -> str:
        """Flip one bit in the middle of the slot's IndexedDB log; return the file's name."""
        logs = Path(self.repo, ".git", "wagit", "slots", slot, "data").rglob("*.indexeddb.leveldb/*.log")
        log = max(logs, key=lambda path: path.stat().st_size)
        content = bytearray(log.read_bytes())
        content[len(content) // 2] ^= 1
        log.write_bytes(content)
        return log.name

    def said(self) -> str:
        """The last lines of the bot's output, for an error."""
        with open(self._log.name, errors="replace", encoding="utf-8") as file:
            return "".join(file.readlines()[-12:]).rstrip()
