"""Real bots for tests: small programs, and what became of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.browser import eventually

CHECKOUT = Path(__file__).parents[2]
HARNESS = ("-m", "tests.bots_run.harness")

# Notes each start and end in $NOTES, so that a test can wait for them.
NOTING = """
import os, signal, sys, time
def note(*words):
    with open(os.environ["NOTES"], "a") as file:
        file.write(" ".join(map(str, words)) + "\\n")
"""
# A bot that ends properly when asked to.
POLITE = f"""{NOTING}
def end(*_):
    note("end", os.environ["SLOT"], os.getpid())
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("start", os.environ["SLOT"], os.getpid())
while True:
    signal.pause()
"""


def python(source: str) -> tuple[str, ...]:
    """The command that runs a Python program."""
    return (sys.executable, "-c", source)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def arguments_of(process: psutil.Process) -> list[str]:
    """Its command line; empty when it has ended since it was listed."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def read_pid(path: Path) -> int:
    """Wait for a program to write its pid."""
    return int(eventually(lambda: path.exists() and path.read_text().strip()))


def end(*pids: int) -> None:
    """Kill what a failed test may have left."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


class Notes:
    """What bots noted in a file, one list of words each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self, *first: str) -> list[list[str]]:
        """The notes that begin with these words."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        words = [line.split() for line in lines]
        return [note for note in words if note[: len(first)] == list(first)]

    def wait(self, *first: str, count: int = 1) -> list[str]:
        """Wait for the `count`-th note that begins with these words, and return it."""
        eventually(lambda: len(self.all(*first)) >= count)
        return self.all(*first)[count - 1]


class Supervised:
    """A worktree, and a small program around the real Supervisor that runs a bot in it."""

    def __init__(self, worktree: Path, state: Path) -> None:
        self.worktree = worktree
        self.state = state
        self.state.mkdir(parents=True, exist_ok=True)
        self.notes = Notes(state / "notes")
        self.errors = state / "stderr"

    def command(self, *bot: str) -> list[str]:
        """The command line that runs `bot`."""
        return [sys.executable, *HARNESS, str(self.worktree), str(self.state), *bot]

    def environ(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment for it."""
        return {**os.environ, "PYTHONPATH": str(CHECKOUT), "NOTES": str(self.notes.path), **(extra or {})}

    @contextmanager
    def running(self, *bot: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Run `bot` without a terminal; what is left at the end is killed."""
        with self.errors.open("ab") as errors:
            process = subprocess.Popen(
                self.command(*bot),
                env=self.environ(env),
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
            end(*(int(pid) for _, _, pid in self.notes.all("start")))

    def said(self) -> str:
        """What wagit's own lines were so far."""
        return self.errors.read_text()

    def wait_said(self, text: str) -> None:
        """Wait for wagit to say something."""
        eventually(lambda: text in self.said())

    def data(self, slot: str) -> Path:
        """A slot's data directory."""
        return self.state / "slots" / slot

    def lock(self, slot: str) -> Path:
        """A slot's lock."""
        return self.state / f"{slot}.lock"
