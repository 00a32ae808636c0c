"""A session that a real Chromium made: the built-in bot on the stand-in's WhatsApp, grown as by months."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.stage import BIN, Stage, repository
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

NUMBER = "4915100000001"
FRIEND = "4915199999999"
SECONDS = 120.0  # a bot that is not ready by then never will be
CONFIG = """\
version: 1
driver: wwebjs
default: dev
snapshots: {on_switch: false, on_stop: false}
"""


class Size(NamedTuple):
    """What a directory holds; links and directories do not count."""

    files: int
    size: int

    @property
    def mb(self) -> float:
        """The size in MB."""
        return self.size / 1e6


class World:
    """WhatsApp, played offline, and the phone of the one account in it."""

    def __init__(self, standin: Standin, environ: dict[str, str]) -> None:
        self.phone = Phone(standin.control_url)
        self.environ = environ

    @contextmanager
    def bot(self, repo: Path) -> Iterator[Phone]:
        """Run `wagit bot` until it is ready, and stop it safely at the end; link it the first time."""
        with (repo.with_suffix(".log")).open("wb") as log:
            process = subprocess.Popen(
                [str(BIN / "wagit"), "bot", "--headless"], cwd=repo, env=self.environ,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
            try:
                if not self.phone.devices(NUMBER):
                    self.phone.link(NUMBER, ref=self.phone.wait_ref(SECONDS))
                self.phone.wait_ready(NUMBER, SECONDS)
                yield self.phone
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(SECONDS)
                self.phone.wait_offline(NUMBER, SECONDS)


@contextmanager
def world(at: Stage) -> Iterator[World]:
    """Play WhatsApp until the `with` block ends."""
    with Standin.start() as standin:
        yield World(standin, {**at.environ, **standin.environ(at.environ)})


def linked(at: Stage, played: World, name: str, megabytes: int) -> Path:
    """Make a repository whose slot `dev` holds a linked session that has grown by `megabytes`."""
    repo = repository(at, name, {".wagit.yml": CONFIG, "package.json": "{}\n"}, [])
    at.wagit("init", cwd=repo)
    for part in parts(megabytes):
        with played.bot(repo) as phone:
            phone.grow(NUMBER, part)
    return repo


def parts(megabytes: int, runs: int = 2) -> list[int]:
    """Split what is grown over some runs of the bot: a LevelDB that was closed and opened looks used."""
    return [megabytes // runs + (number < megabytes % runs) for number in range(runs)]


def data_of(repo: Path) -> Path:
    """Where the slot's data lies."""
    return repo / ".git" / "wagit" / "slots" / "dev" / "data"


def essential_of(data: Path) -> list[Path]:
    """The directories that the login consists of."""
    default = data / "session" / "Default"
    return [default / "IndexedDB", default / "Local Storage" / "leveldb"]


def size_of(directory: Path) -> Size:
    """Count the files below a directory and their bytes."""
    sizes = [
        os.lstat(os.path.join(parent, name)).st_size
        for parent, _, names in os.walk(directory)
        for name in names
        if not os.path.islink(os.path.join(parent, name))
    ]
    return Size(len(sizes), sum(sizes))
