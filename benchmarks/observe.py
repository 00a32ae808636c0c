"""Who looks at a bot's session: what that costs the bot's start, how soon it sees, what it needs idle."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psutil

from benchmarks.bots import memory_of
from benchmarks.clock import Contestant, Sample, interleave
from benchmarks.figures import Figure, Target, at_most, figure
from benchmarks.sessions import NUMBER, SECONDS, data_of, linked, world
from benchmarks.stage import BIN, NODE_MODULES, Stage
from wagit.bots.observation import Observation, StateSeen
from wagit.bots.observe_page import PageObserver
from wagit.bots.observe_pulse import Limits
from wagit.browser.stop import close_browser
from wagit.core.clock import SystemClock
from wagit.standin.phone import Phone

NAME = "observe"
ALONE, SEEN = "whatsapp-web.js, start to ready", "the same with wagit attached"
DELAY = "a state changed to seen"
SETTLE, IDLE = 10.0, 20.0  # seconds
BOT = "default.js"


class Bot:
    """A whatsapp-web.js bot on a linked session."""

    def __init__(self, repo: Path, environ: dict[str, str], phone: Phone) -> None:
        self.phone = phone
        self.profile = data_of(repo) / "session"
        self._repo = repo
        self._environ = environ

    @contextmanager
    def running(self, *before: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run it until it is ready; at the end its browser is closed first."""
        process = subprocess.Popen(
            [*before, "node", BOT], cwd=self._repo, env=self._environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            if not any(line.startswith(b"ready") for line in iter(process.stdout.readline, b"")):
                raise RuntimeError("the bot ended before it was ready")
            yield process
        finally:
            self._stop(process, supervised=bool(before))

    def _stop(self, process: subprocess.Popen[bytes], *, supervised: bool) -> None:
        if supervised:
            process.send_signal(signal.SIGTERM)
        else:
            close_browser(os.fspath(self.profile))
            process.kill()
        process.wait(SECONDS)
        self.phone.wait_offline(NUMBER, SECONDS)

    def start(self, *, seen: bool) -> Sample:
        """Measure from its start to its word that it is ready."""
        with self._observed() if seen else nullcontext():
            began = time.perf_counter_ns()
            with self.running():
                return Sample((time.perf_counter_ns() - began) / 1e6)

    def delays(self, rounds: int) -> list[Sample]:
        """Measure from a state's change at WhatsApp to its being seen."""
        with self._observed() as told, self.running():
            _await(told, "ready")
            return [self._delay(told, state) for _ in range(rounds) for state in ("OPENING", "CONNECTED")]

    def _delay(self, told: queue.SimpleQueue[StateSeen], state: str) -> Sample:
        began = time.perf_counter_ns()
        self.phone.set_state(NUMBER, state)
        _await(told, {"OPENING": "reconnecting", "CONNECTED": "ready"}[state])
        return Sample((time.perf_counter_ns() - began) / 1e6)

    @contextmanager
    def _observed(self) -> Iterator[queue.SimpleQueue[StateSeen]]:
        told: queue.SimpleQueue[StateSeen] = queue.SimpleQueue()

        def tell(what: Observation) -> None:
            if isinstance(what, StateSeen):
                told.put(what)

        observer = PageObserver(lambda: [os.fspath(self.profile)], tell, Limits(), SystemClock(), time.time())
        observer.start()
        try:
            yield told
        finally:
            observer.stop()


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures."""
    with world(at) as played:
        repo = linked(at, played, "observed", 1)
        (repo / "node_modules").symlink_to(NODE_MODULES)
        shutil.copy(NODE_MODULES.parent / BOT, repo / BOT)
        bot = Bot(repo, played.environ, played.phone)
        contestants = [
            Contestant(ALONE, lambda: bot.start(seen=False)),
            Contestant(SEEN, lambda: bot.start(seen=True)),
        ]
        samples = interleave(contestants, rounds, warmups=1)
        samples[DELAY] = bot.delays(rounds)
        with bot.running(str(BIN / "wagit"), "run", "--") as supervisor:
            share, memory = _idle(supervisor.pid)
    yield figure(NAME, samples, SEEN, ALONE, at_most(1.05, "ratio"))
    yield figure(NAME, samples, DELAY, target=at_most(1000, "value"))
    name = f"wagit run beside a ready bot, {IDLE:g} s"
    yield Figure(NAME, f"{name}: of a core", share, unit="%", target=Target("value", "<=", 0.2, "%"))
    yield Figure(NAME, f"{name}: memory", memory, unit="MB", target=Target("value", "<=", 70, "MB"))


def _idle(pid: int) -> tuple[float, float]:
    """The share of a core that a process takes, in percent, and its memory in MB."""
    time.sleep(SETTLE)
    process = psutil.Process(pid)
    before = process.cpu_times()
    time.sleep(IDLE)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return 100 * used / IDLE, memory_of(pid)


def _await(told: queue.SimpleQueue[StateSeen], state: str) -> None:
    while told.get(timeout=SECONDS).state != state:
        pass
