"""A bot that runs without wagit on purpose still writes: it has no lock of ours, and keeps the slot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.wagit import run_wagit, set_up

CONFIG = "version: 1\ndriver: whatsmeow\ndefault: dev\n"
HOLD = """
import os, sqlite3, sys, time
if os.fork():
    os._exit(0)
os.setsid()
connection = sqlite3.connect(sys.argv[1])
connection.execute('begin')
connection.execute('select count(*) from sqlite_master').fetchone()
print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_a_daemon_that_has_the_session_open_keeps_the_slot(tmp_path: Path) -> None:
    repo = set_up(tmp_path / "repo", CONFIG)
    database = Path(os.path.realpath(repo.path / "whatsmeow.db"))
    daemon = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)], cwd=repo.path, stdout=subprocess.PIPE, text=True
    )
    assert daemon.stdout is not None
    with daemon.stdout as said:
        pid = int(said.readline())
    daemon.wait(30)
    try:
        if psutil.Process(pid).ppid() != 1:
            pytest.skip("a subreaper adopts daemons here")
        ran = run_wagit(repo.path, "run", "--json", "--", "true")
        assert ran.status == 11, ran.stdout + ran.stderr
        assert f"pid {pid}" in json.loads(ran.stdout)["error"]["message"]
    finally:
        os.kill(pid, signal.SIGKILL)
    assert run_wagit(repo.path, "run", "--", "true").status == 0
