"""The tutorial's commands, each as it is printed, with what it says they show."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.docs.consoles import Fence, Typed, fences, missing, plain, typed
from tests.support.bots import browsers_of, close_browsers

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
PORT = "4711"  # as printed; the test takes a free one
PATIENCE = 60.0  # seconds for a line to appear


class Second:
    """The second terminal: one program, and the lines it has printed."""

    def __init__(self, command: str, cwd: Path) -> None:
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._read_up_to = 0
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                with self._news:
                    self.lines.append(line)
                    self._news.notify()

    def shows(self, wanted: tuple[str, ...]) -> None:
        """Await these lines, in order, among those not awaited before."""
        for line in wanted:
            with self._news:
                found = self._news.wait_for(lambda line=line: self._has(line), PATIENCE)  # type: ignore[misc]
            assert found, f"the second terminal does not show {line!r}:\n" + "".join(
                line for line in self.lines if "\x1b[38;5" not in line
            )

    def _has(self, line: str) -> bool:
        for place in range(self._read_up_to, len(self.lines)):
            if line == "…" or missing((line,), [self.lines[place]]) is None:
                self._read_up_to = place + (line != "…")
                return True
        return line == "…"

    def interrupt(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> None:
        """Wait for an end that was asked for; else make one."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for process in psutil.Process(self.process.pid).children(recursive=True):
                process.kill()
            self.process.kill()
        self._reader.join(PATIENCE)


@pytest.fixture
def port() -> str:
    """A port that nothing listens at, and that nobody is given who asks the system for any."""
    while True:
        number = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", number))
            return str(number)


class Reader:
    """Somebody who follows the tutorial, block by block."""

    def __init__(self, home: Path) -> None:
        self.directory = home
        self.second: Second | None = None
        self.commands = 0

    def follow(self, fence: Fence) -> None:
        for step in typed(fence):
            self.commands += bool(step.command)
            (self._in_second if fence.title else self._in_first)(step)

    def _in_first(self, step: Typed) -> None:
        script = f"{step.command}\nstatus=$?\npwd >&3\nexit $status"
        reading, writing = os.pipe()
        done = subprocess.run(
            ["bash", "-c", script.replace(">&3", f">&{writing}")], cwd=self.directory, pass_fds=[writing],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=PATIENCE * 2, check=False,
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as said:
            self.directory = Path(said.read().strip())
        assert done.returncode == 0, f"{step.command}\n{done.stdout}"
        lack = missing(step.shown, done.stdout.splitlines())
        assert lack is None, f"{step.command} does not show {lack!r} but:\n{done.stdout}"

    def _in_second(self, step: Typed) -> None:
        if step.command == "^C":
            assert self.second
            self.second.interrupt()
        elif step.command:
            self.second = Second(step.command, self.directory)
        assert self.second
        self.second.shows(step.shown)


@pytest.mark.browser
def test_every_command_of_the_tutorial_does_what_it_says(
    tmp_path: Path, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    page = TUTORIAL.read_text(encoding="utf-8").replace(PORT, port)
    reader = Reader(tmp_path)
    try:
        for fence in fences(page):
            assert fence.language == "console", f"the tutorial has a block that is not tried: {fence}"
            reader.follow(fence)
        assert reader.second
        reader.second.end()
        assert reader.second.process.returncode == 0, "the bot ends in peace"
        shown = [plain(line) for line in reader.second.lines]
        assert shown.count("qr") == 2, "one QR code for each account"
        assert not browsers_of(tmp_path / "my-bot")
    finally:
        if reader.second and reader.second.process.poll() is None:
            reader.second.interrupt()
            reader.second.end()
        close_browsers(tmp_path / "my-bot")
    assert reader.commands > 20
