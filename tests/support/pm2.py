"""A real PM2 with a home of its own, driven by its command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.browser import eventually
from tests.support.processes import alive

PROGRAM = Path(__file__).parents[1] / "pm2/node_modules/pm2/bin/pm2"
needs_pm2 = [
    pytest.mark.node,
    pytest.mark.skipif(not shutil.which("node"), reason="there is no node"),
    pytest.mark.skipif(not PROGRAM.is_file(), reason="the packages of tests/pm2 are not installed"),
]


class Pm2:
    """One daemon. `home` must have a short path: a socket is in it."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self.home = home
        self._environ = {**os.environ, **environ, "PM2_HOME": str(home), "PM2_DISABLE_VERSION_CHECK": "true"}

    def __call__(self, *arguments: str) -> str:
        """Run a command, which must succeed, and return what it printed."""
        done = subprocess.run(
            ["node", str(PROGRAM), *arguments], env=self._environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr + self.log()
        return done.stdout

    def app(self) -> dict[str, Any]:
        """What PM2 knows of its one process; `pid` is 0 when there is none."""
        [app] = json.loads(self("jlist"))
        return {"pid": app["pid"], **app["pm2_env"]}

    def output(self, stream: str) -> str:
        """What it logged, of `out` or `error`."""
        [file] = self.home.glob(f"logs/*-{stream}.log")
        return file.read_text()

    def log(self) -> str:
        """PM2's own log."""
        file = self.home / "pm2.log"
        return file.read_text() if file.exists() else ""

    @property
    def daemon(self) -> int:
        return int((self.home / "pm2.pid").read_text())


@contextmanager
def pm2(home: Path, environ: Mapping[str, str] = {}) -> Iterator[Pm2]:
    """Yield one; no daemon and nothing that it started is left behind."""
    manager = Pm2(home, environ)
    manager("ping")
    daemon = manager.daemon
    try:
        yield manager
    finally:
        if alive(daemon):
            left = psutil.Process(daemon).children(recursive=True)
            manager("kill")
            eventually(lambda: not alive(daemon))
            assert not [process for process in left if alive(process.pid)], "PM2 left something behind"
