"""The disk fills up while a bot runs: wagit goes on, says what it cannot do, and the session stays whole."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from tests.support import privileges
from tests.support.baileys_login import creds_json
from tests.support.bots import Bot
from tests.support.wagit import WAGIT, run_wagit, set_up
from wagit.core import control, running
from wagit.core.repository import find

CONFIG = """\
version: 1
driver: baileys
default: dev
snapshots: {on_switch: true, on_stop: true}
bot: {restart: {delays: [0.05s], attempts: 20}}
"""
BOT = """
import os, signal, sys
def ends(number, frame):
    sys.exit(1 if number == signal.SIGUSR1 else 0)
for number in (signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, ends)
print('on', os.getpid(), flush=True)
while True: signal.pause()
"""


def test_wagit_goes_on_and_the_session_is_whole_afterwards(tmp_path: Path) -> None:
    privileges.in_a_fork(lambda: _story(tmp_path / "disk"), tmp_path / "said")


def _story(disk: Path) -> None:
    privileges.own_mounts()
    disk.mkdir()
    privileges.mount(disk, "size=16m")
    repo = set_up(disk / "repo", CONFIG, "other")
    data = repo.path / ".git/wagit/slots/dev/data"
    bot = Bot([*WAGIT, "run", "--", sys.executable, "-c", BOT], repo.path, {})
    try:
        pid = int(bot.wait("on")[1])
        data.mkdir(exist_ok=True)
        (data / "creds.json").write_text(creds_json(3, "4915100000001"))
        _fill(disk / "full")
        os.kill(pid, signal.SIGUSR1)
        for _ in range(2):
            bot.wait("wagit:", having="No space left on device")
        assert sum("there is no new snapshot of dev: " in line for line in bot.lines) == 1
        assert sum("the disk is full: make room, it is tried again" in line for line in bot.lines) == 1
        (disk / "full").unlink()
        assert control.ask(running.socket_of(find(str(repo.path))), {"op": "restart"}) == {"ok": True}
        assert bot.wait("on")
        _fill(disk / "full")
        bot.process.send_signal(signal.SIGINT)
        assert bot.process.wait(30) == 0
        assert not [line for line in bot.lines if "bug" in line or "Traceback" in line], bot.lines
    finally:
        bot.kill()
        (disk / "full").unlink(missing_ok=True)
    verified = run_wagit(repo.path, "verify", "dev")
    assert verified.status == 0, verified.stdout + verified.stderr
    assert run_wagit(repo.path, "snapshot", "dev").status == 0


def _fill(path: Path) -> None:
    """Leave not a single block."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert os.statvfs(path).f_bavail == 0
