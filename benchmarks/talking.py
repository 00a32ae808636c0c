"""Real whatsapp-web.js bots, by themselves or under `wagit run`, and when they said what."""

from __future__ import annotations

import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.stage import BIN, NODE_MODULES, Stage, repository
from wagit.standin.phone import Phone

SECONDS = 120.0  # a bot that is not ready by then never will be
NODE = ("node", "default.js")
RUN = (str(BIN / "wagit"), "run", "--", *NODE)
CONFIG = """\
version: 1
driver: wwebjs
default: dev
rules:
  - {branch: main, slot: production}
snapshots: {on_switch: false, on_stop: false}
"""


def made(at: Stage, name: str) -> Path:
    """Make a repository with a bot, on `main`, and a branch `develop`."""
    bot = (NODE_MODULES.parent / NODE[1]).read_text()
    repo = repository(
        at, name, {".wagit.yml": CONFIG, NODE[1]: bot, ".gitignore": "node_modules\n"}, ["develop"]
    )
    (repo / "node_modules").symlink_to(NODE_MODULES)
    if name != "alone":
        at.wagit("init", cwd=repo)
    for branch in ("develop", "main"):
        at.run(at.git, "switch", "-q", branch, cwd=repo)
    return repo


def linked(bot: Talking, phone: Phone, number: str) -> None:
    """Let the phone scan the bot's QR, and wait until it is ready."""
    bot.heard("qr")
    phone.link(number, ref=phone.wait_ref(SECONDS))
    bot.heard("ready", number)


class Talking:
    """A program whose words are noted with the time at which they were heard; ended with the block."""

    def __init__(self, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
        self._said: list[str] = []
        self._words: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        self.began = time.perf_counter_ns()
        self.process = subprocess.Popen(
            command, cwd=cwd, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Talking:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS)
        finally:
            self.process.kill()
        self._reader.join(SECONDS)

    def heard(self, first: str, second: str = "") -> int:
        """Wait for a line that begins with these words; return when it was heard, in nanoseconds."""
        while True:
            try:
                line, when = self._words.get(timeout=SECONDS)
            except queue.Empty:
                raise RuntimeError(f"no {first!r}; it said:\n" + "\n".join(self._said)) from None
            self._said.append(line)
            words = [*line.split(), "", ""]
            if words[0] == first and second in ("", words[1]):
                return when

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._words.put((line.rstrip(), time.perf_counter_ns()))
