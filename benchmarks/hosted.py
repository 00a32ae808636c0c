"""Browsers that outlive their bots: how soon a bot is ready again, and what that costs.

Real whatsapp-web.js and Chromium; all beside the same bot started by `node` alone, in the same rounds.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.clock import Contestant, Sample, Samples, interleave
from benchmarks.figures import Figure, at_most, figure
from benchmarks.stage import Stage
from benchmarks.talking import NODE, RUN, Talking, linked, made
from wagit.bots.browser_host_process import memory_of
from wagit.browser.profile import browser_of
from wagit.browser.stop import close_browser
from wagit.core.control import ask
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

NAME = "hosted"
MARGIN = 200.0  # milliseconds that a switch may take beside the bot's start
BARE = "node bot.js to ready"
RESTART = "wagit restart to ready"
WARM, COLD = "git switch to ready, the other slot warm", "git switch to ready, the other slot cold"
CLOSING, STOP = "closing a bot's browser", "stopping wagit run"
NUMBERS = {"bare": "4915100000001", "main": "4915100000002", "develop": "4915100000003"}
SLOTS = {"main": "production", "develop": "dev"}


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures; one `wagit run` lives through all restarts and switches, another one is stopped."""
    with Standin.start() as standin, ExitStack() as stack:
        world = _World(at, standin, stack)
        contestants = [
            Contestant(BARE, world.bare),
            Contestant(RESTART, world.restart),
            Contestant(WARM, world.switch),
            Contestant(COLD, world.switch, world.cool),
            Contestant(STOP, world.stop, world.begin),
        ]
        samples = interleave(contestants, rounds)
        samples[CLOSING] = world.closings[-rounds:]
        megabytes = world.memory()
    yield figure(NAME, samples, RESTART, BARE, at_most(0.7, "ratio"))
    yield _within_margin(samples, WARM, 0.9)
    yield _within_margin(samples, COLD, 1.15)
    yield figure(NAME, samples, STOP, CLOSING, at_most(500))
    yield Figure(NAME, "memory of a warm slot", megabytes, unit="MB")


def _within_margin(samples: Samples, name: str, bound: float) -> Figure:
    """A switch, less the margin that it has, as a share of the bot's start."""
    title = f"{name}, less {MARGIN:.0f} ms"
    samples[title] = [Sample(each.wall - MARGIN) for each in samples[name]]
    return figure(NAME, samples, title, BARE, at_most(bound, "ratio"))


class _World:
    """WhatsApp, a bot that runs alone, and two worktrees with a `wagit run` each."""

    def __init__(self, at: Stage, standin: Standin, stack: ExitStack) -> None:
        self._at = at
        self._environ = {**at.environ, **standin.environ(at.environ)}
        phone = Phone(standin.control_url)
        self._alone = made(at, "alone")
        self._repo = made(at, "followed")
        self._other = made(at, "stopped")
        self._stack = stack
        with Talking(NODE, self._alone, self._environ) as bot:
            linked(bot, phone, NUMBERS["bare"])
            close_browser(self._own_profile())
        with self._run(self._other) as bot:
            linked(bot, phone, "4915100000004")
        self._bot = stack.enter_context(self._run(self._repo))
        self._branch = "main"
        linked(self._bot, phone, NUMBERS["main"])
        self._git("develop")
        linked(self._bot, phone, NUMBERS["develop"])
        self._stopped: Talking | None = None
        self.closings: list[Sample] = []

    def bare(self) -> Sample:
        """Start the bot by `node`, until it is ready; then close its browser."""
        with Talking(NODE, self._alone, self._environ) as bot:
            waited = (bot.heard("ready") - bot.began) / 1e6
            begun = time.perf_counter_ns()
            close_browser(self._own_profile())
            self.closings.append(Sample((time.perf_counter_ns() - begun) / 1e6))
        return Sample(waited)

    def restart(self) -> Sample:
        """Have wagit start the bot again."""
        begun = time.perf_counter_ns()
        self._ask(op="restart")
        return Sample((self._bot.heard("ready") - begun) / 1e6)

    def switch(self) -> Sample:
        """Switch to the other branch, until its bot is ready."""
        begun = time.perf_counter_ns()
        self._git(self._next())
        return Sample((self._bot.heard("ready", NUMBERS[self._branch]) - begun) / 1e6)

    def cool(self) -> None:
        """Close the browser of the other slot."""
        self._ask(op="release", slot=SLOTS[self._next()])

    def begin(self) -> None:
        """Have a bot run that can be stopped."""
        self._stopped = self._stack.enter_context(self._run(self._other))
        self._stopped.heard("ready")

    def stop(self) -> Sample:
        """Stop it as Ctrl-C does, until nothing of it is left."""
        assert self._stopped is not None
        begun = time.perf_counter_ns()
        self._stopped.process.send_signal(signal.SIGINT)
        self._stopped.process.wait()
        return Sample((time.perf_counter_ns() - begun) / 1e6)

    def memory(self) -> float:
        """What the browser of the slot that was left takes, with its helpers; MB."""
        slot = SLOTS[self._next()]
        found = browser_of(str(self._repo / ".git/wagit/slots" / slot / "data/session"))
        assert found is not None, "it is warm"
        return memory_of(found.pid) / 1e6

    def _next(self) -> str:
        return "develop" if self._branch == "main" else "main"

    def _git(self, branch: str) -> None:
        self._branch = branch
        self._at.run(self._at.git, "switch", "-q", branch, cwd=self._repo)

    def _ask(self, **request: str) -> None:
        answer = ask(str(self._repo / ".git/wagit/control"), request)
        if answer.get("ok") is not True and request["op"] == "restart":
            raise RuntimeError(f"{request}: {answer}")

    def _run(self, repo: Path) -> Talking:
        return Talking(RUN, repo, self._environ)

    def _own_profile(self) -> str:
        return os.path.join(self._alone, ".wwebjs_auth", "session")
