"""Run the real bots of tests/bots, await what they print, and leave no browser behind.

script = install_bot(directory, "default.js")       # copies it, node_modules beside it
with run_bot(script, environ=standin.environ()) as bot:
    phone.link(number, ref=bot.wait("qr")[1])
    assert bot.wait("ready") == ["ready", number]
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.support.processes import arguments_of
from wagit.browser.waiting import wait_for_exit
from wagit.standin.phone import Phone

BOTS = Path(__file__).parent.parent / "bots"
PACKAGES = BOTS / "node_modules"
PATIENCE = 40.0  # seconds; an event takes about one, on a busy machine some more

needs_packages = pytest.mark.skipif(not PACKAGES.is_dir(), reason="make setup installs the bots' packages")


def install_bot(directory: Path, name: str) -> Path:
    """Copy the bot `name` of tests/bots into `directory`, with its packages beside it; return its path."""
    packages = directory / "node_modules"
    if not packages.exists():
        packages.symlink_to(PACKAGES)
    return Path(shutil.copy(BOTS / name, directory / name))


class Bot:
    """A bot that runs, and the lines it prints."""

    def __init__(self, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
        self.cwd = cwd
        self.lines: list[str] = []  # what was awaited so far, or passed over
        self._printed: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self._printed.put(line.rstrip("\n"))
        self._printed.put(None)

    def link(self, phone: Phone, number: str) -> None:
        """Let the phone scan the bot's QR code, and wait until it is ready."""
        self.wait("qr")
        phone.link(number)
        assert self.wait("ready") == ["ready", number]

    def wait(self, *events: str, having: str = "", timeout: float = PATIENCE) -> list[str]:
        """Return the words of the next line that begins with one of `events` and has `having` in it.

        Fails if it does not come.
        """
        while True:
            try:
                line = self._printed.get(timeout=timeout)
            except queue.Empty:
                line = None
            assert line is not None, f"no {' or '.join(events)} from {self.cwd}; it said:\n" + "\n".join(
                self.lines
            )
            self.lines.append(line)
            if line.split(" ", maxsplit=1)[0] in events and having in line:
                return line.split(" ")

    def seen(self, event: str) -> bool:
        """Whether a line of `event` was among those awaited or passed over."""
        return any(line.split(" ", maxsplit=1)[0] == event for line in self.lines)

    def stop(self) -> None:
        """Close the browser so that it keeps all it has, then end the bot.

        The bot is held meanwhile: puppeteer kills a browser that still writes when its own process ends.
        """
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGSTOP)
        close_browsers(self.cwd)
        self.kill()

    def kill(self) -> None:
        """Kill the bot and its process group; its browser lives on as an orphan."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)


@contextmanager
def run_bot(script: Path, environ: Mapping[str, str], command: Sequence[str] = ()) -> Iterator[Bot]:
    """Run `node <script>` (or `command`) beside the script; at the end no browser of it is left."""
    bot = Bot(command or ["node", script.name], script.parent, environ)
    try:
        yield bot
    finally:
        bot.stop()
        assert not browsers_of(bot.cwd), "a browser is left"


def browsers_of(directory: Path) -> list[psutil.Process]:
    """The living browser processes, helpers too, whose user-data-dir is in `directory`."""
    inside = [f"--user-data-dir={path}{os.sep}" for path in {directory, directory.resolve()}]
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        arguments = process.info["cmdline"] or []
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        if any(argument.startswith(tuple(inside)) for argument in arguments):
            found.append(process)
    return found


def close_browsers(directory: Path) -> None:
    """SIGINT to each browser of `directory`, which then writes all it has; SIGKILL to what is left."""
    processes = browsers_of(directory)
    for process in processes:
        if not any(argument.startswith("--type=") for argument in arguments_of(process)):
            _signal(process, signal.SIGINT)
    left = _outlasting(processes)
    for process in left:
        _signal(process, signal.SIGKILL)
    _outlasting(left)


def _outlasting(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that run on; a zombie, whose parent is held, has ended."""
    deadline = time.monotonic() + PATIENCE / 4
    return [each for each in processes if not wait_for_exit(each.pid, deadline - time.monotonic())]


def _signal(process: psutil.Process, number: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
