"""Under PM2 a bot is stopped as safely as by Ctrl-C: stop, restart, reload, a crash loop, and the end."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.support.bots import browsers_of, install_bot, needs_packages
from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.long import long, longer
from tests.support.pm2 import Pm2, needs_pm2, pm2
from tests.support.processes import NOTING, Notes, alive
from tests.support.wagit import TWO_SLOTS, ask_wagit, run_wagit, set_up
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = needs_pm2

ROUNDS = longer(3, 100)
CONFIG = "version: 1\ndriver: generic\ndefault: dev\nsnapshots: {on_stop: false}\n"

# Ends a while after it was asked to, and notes each signal.
SLOW = f"""{NOTING}
def end(number, _):
    note("signal", number)
    time.sleep(0.3)
    note("end", os.getpid())
    sys.exit(0)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, end)
print("on stdout", flush=True)
print("on stderr", file=sys.stderr, flush=True)
note("start", os.getpid())
while True:
    signal.pause()
"""


def served(path: Path, bot: tuple[str, ...], config: str = CONFIG) -> GitRepo:
    """A repository with a trusted bot, and its ecosystem file beside it."""
    repo = set_up(path, config + f"bot: {{command: {json.dumps(bot)}, restart: {{attempts: 0}}}}\n")
    assert run_wagit(path, "trust", "--yes").status == 0
    export(repo)
    return repo


def program(directory: Path, source: str) -> tuple[str, ...]:
    """A bot's command: a config has no newlines."""
    (directory / "bot.py").write_text(source)
    return (sys.executable, str(directory / "bot.py"))


def export(repo: GitRepo) -> None:
    assert run_wagit(repo.path, "export", "pm2", "-o", str(ecosystem(repo))).status == 0


def ecosystem(repo: GitRepo) -> Path:
    return repo.path.parent / "bot.config.cjs"


@long
def test_a_bot_is_started_each_time_and_stopped_by_wagit_alone(tmp_path: Path, home: Path) -> None:
    served_repo = served(tmp_path / "my bot", program(tmp_path, SLOW))
    notes = Notes(tmp_path / "notes")

    def ended(count: int) -> None:
        """The bot was asked by SIGTERM, once, and had the time it took, before PM2 was done."""
        assert notes.all("signal") == [["signal", str(int(signal.SIGTERM))]] * count
        assert notes.all("end")[-1][1] == notes.all("start")[count - 1][1]
        assert not alive(int(notes.all("end")[-1][1]))

    with pm2(home / "pm2", {"NOTES": str(notes.path)}) as manager:
        for n in range(1, ROUNDS + 1):
            manager("start", str(ecosystem(served_repo)))
            notes.wait("start", count=n)
            manager("stop", "wagit-my-bot")
            ended(n)
        assert manager.app()["pid"] == 0
        for n, verb in enumerate(("start", "restart", "reload"), ROUNDS):
            manager(verb, "wagit-my-bot")
            notes.wait("start", count=n + 1)
            ended(n)
        assert manager.app()["status"] == "online"
        # PM2 writes what it read when it comes to it
        eventually(lambda: manager.output("error").count("on stderr\n") >= ROUNDS + 3)
        eventually(lambda: manager.output("out").count("\n") >= ROUNDS + 3)
        assert manager.output("out") == "on stdout\n" * (ROUNDS + 3)
        assert manager.output("error").count("on stderr\n") == ROUNDS + 3
        assert manager.output("error").count("wagit: ") >= ROUNDS
        manager("kill")
        ended(ROUNDS + 3)


def test_a_crash_loop_is_slowed_down_and_what_no_restart_mends_is_not_started_again(
    tmp_path: Path, home: Path
) -> None:
    bot = program(tmp_path, f"{NOTING}note('start', os.getpid()); sys.exit(7)")
    repo = served(tmp_path / "my bot", bot)
    notes = Notes(tmp_path / "notes")
    with pm2(home / "pm2", {"NOTES": str(notes.path)}) as manager:
        manager("start", str(ecosystem(repo)))
        for n in (1, 2, 3):
            notes.wait("start", count=n)
        assert eventually(lambda: "will restart in 1500ms" in manager.log())
        assert manager.app()["exit_code"] == 7
        manager("delete", "wagit-my-bot")
        repo.commit(".wagit.yml", (repo.path / ".wagit.yml").read_text().replace("bot.py", "other.py"))
        manager("start", str(ecosystem(repo)))
        eventually(lambda: "exited with code [15]" in manager.log())
        assert (manager.app()["restart_time"], manager.app()["pid"]) == (0, 0)
        assert "which you have not allowed" in manager.output("error")


@pytest.mark.browser
@needs_packages
def test_a_session_is_whole_whatever_pm2_does(
    tmp_path: Path, home: Path, standin: Standin, phone: Phone, number: str
) -> None:
    repo = served(tmp_path / "my bot", ("node", "default.js"), TWO_SLOTS)
    install_bot(repo.path, "default.js")
    with pm2(home / "pm2", standin.environ()) as manager:
        manager("start", str(ecosystem(repo)))
        ready(manager, 0, "qr")
        phone.link(number, ref=phone.wait_ref())
        ready(manager, 1)
        for times, verb in ((2, "restart"), (3, "reload")):
            manager(verb, "wagit-my-bot")
            ready(manager, times)
        manager("kill")
        assert not browsers_of(repo.path), "a browser outlived PM2"
    assert manager.output("out").count("ready " + number) == 3
    scans = manager.output("out").partition("ready")[2]
    assert "qr" not in scans
    assert ask_wagit(repo.path, "verify", "production")["findings"] == []


def ready(manager: Pm2, times: int, word: str = "ready") -> None:
    """Wait for the bot to say for the `times`-th time that it is ready; a QR would be its first word."""
    eventually(lambda: manager.output("out").count(f"{word} ") >= max(times, 1), 60)
