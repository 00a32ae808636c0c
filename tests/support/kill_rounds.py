"""Rounds of SIGKILL under a write load: who is killed, and after how many bytes.

for round_ in rounds(seed=7, count=5):
    with killed_under_load(bots, round_) as rows:     # what was not killed still runs
        first, second = started(bots), started(bots)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import NamedTuple

import psutil

from tests.support.bots import PATIENCE, Bot, browsers_of
from tests.support.browser import eventually
from tests.support.processes import alive, arguments_of
from tests.support.recovering import Bots
from tests.support.warm import size_of
from wagit.core import journal
from wagit.core.journal import Operation
from wagit.operations.recovery_facts import CAUSE
from wagit.standin.phone import PhoneRefused

VICTIMS = ("everything", "wagit", "bot", "browser", "wagit and bot", "browser's main process")
MIB = 1 << 20
LOAD = 24  # MiB; far more than is written until the kill
GROWN = "model-storage/message"  # the store that the load fills


class Round(NamedTuple):
    """Who is killed, and after how many bytes of load: before the rows are counted, and from then on."""

    victim: str
    until_count: int
    until_kill: int


class Started(NamedTuple):
    """A start that was ready: what wagit said of the session and did to it, and how many rows there are."""

    said: list[str]
    did: list[Operation]
    rows: int


def rounds(seed: int, count: int) -> list[Round]:
    """The rounds of a seed; in those of the seeds from 0 on, each victim has its turn."""
    random = Random(f"kills {seed}")
    victims = (VICTIMS[(seed * count + at) % len(VICTIMS)] for at in range(count))
    return [Round(victim, random.randrange(2 * MIB), random.randrange(MIB)) for victim in victims]


@contextmanager
def killed_under_load(bots: Bots, round_: Round) -> Iterator[int]:
    """Run the bot, kill in the middle of the load; yield how many rows the page had before, as it said.

    What is left running then, a bot without its wagit or a browser without its bot, the next start ends.
    """
    with bots.running() as bot:
        assert bot.wait("ready", "qr") == ["ready", bots.number], bot.lines
        family = _Family(bots, bot)
        load, size = threading.Thread(target=_grow, args=(bots,)), size_of(bots.leveldb.parent)
        load.start()
        try:
            rows = _wait_for_the_moment(bots, round_, size)
            family.kill(round_.victim)
            _let_end(bots, bot, round_.victim)
            yield rows
        finally:
            family.kill("everything")
            load.join(PATIENCE)


def started(bots: Bots) -> Started:
    """Run the bot until it is ready, without a QR; interrupt it."""
    before = len(recoveries(bots))
    with bots.running() as bot:
        assert bot.wait("ready", "qr") == ["ready", bots.number], bot.lines
        rows = bots.phone.rows(bots.number)[GROWN]
        bots.stop(bot)
        said = [line for line in bot.lines if line.startswith("wagit: slot")]
    eventually(lambda: not bots.auto.at_work())
    return Started(said, recoveries(bots)[before:], rows)


def recoveries(bots: Bots) -> list[Operation]:
    """What starts did to the session to put it in order."""
    return [done for done in journal.read(bots.auto.store) if done.cause == CAUSE]


class _Family:
    """wagit, its bot and their browser, while all of them live."""

    def __init__(self, bots: Bots, bot: Bot) -> None:
        wagit = psutil.Process(bot.process.pid)
        node = next(child for child in wagit.children() if arguments_of(child)[:1] == ["node"])
        main = next(process for process in browsers_of(bots.repo.path) if _is_main(process))
        browser = [main, *main.children(recursive=True)]
        self._victims = {
            "everything": [*browser, wagit, node],
            "wagit": [wagit],
            "bot": [node],
            "browser": browser,
            "wagit and bot": [wagit, node],
            "browser's main process": [main],
        }

    def kill(self, victim: str) -> None:
        """SIGKILL; return when all have ended."""
        processes = self._victims[victim]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        eventually(lambda: not any(alive(process.pid) for process in processes))


def _is_main(process: psutil.Process) -> bool:
    arguments = arguments_of(process)
    return arguments != [] and not any(argument.startswith("--type=") for argument in arguments)


def _grow(bots: Bots) -> None:
    with suppress(PhoneRefused):  # the page is gone before it has written all
        bots.phone.grow(bots.number, LOAD)


def _wait_for_the_moment(bots: Bots, round_: Round, size: int) -> int:
    """Let the load write on from `size` bytes; return the rows that the page has in the middle of it."""
    _let_write(bots, size + round_.until_count)
    rows = bots.phone.rows(bots.number)[GROWN]
    _let_write(bots, size + round_.until_count + round_.until_kill)
    return rows


def _let_write(bots: Bots, size: int) -> None:
    """Look without a pause: so this returns in the middle of a write, which takes a millisecond."""
    deadline = time.monotonic() + PATIENCE
    while size_of(bots.leveldb.parent) < size:
        assert time.monotonic() < deadline, "the load does not write"


def _let_end(bots: Bots, bot: Bot, victim: str) -> None:
    """Wait for what ends by itself, and end what a user has to end."""
    if victim == "bot" or victim.startswith("browser"):  # which wagit starts again
        bots.stop(bot)
    bot.process.wait(PATIENCE)
    eventually(lambda: not bots.auto.at_work())
