"""Real bots whose browsers are hosted: which browser a slot has, and bots that are killed.

Quick restarts, as many as a test needs: pass QUICK_RESTARTS as environment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.support.bots import PATIENCE, Bot
from tests.support.browser import eventually
from tests.support.processes import arguments_of
from tests.support.recovering import Bots
from wagit.browser.profile import browser_of
from wagit.standin.phone import PhoneRefused

QUICK_RESTARTS = {"WAGIT_BOT_RESTART_DELAYS": "20ms", "WAGIT_BOT_RESTART_ATTEMPTS": "1000"}
_LOAD = 24  # MiB; more than is written until a kill
_MIB = 1 << 20


def browser(bots: Bots, slot: str) -> int | None:
    """The pid of the browser that has the slot's session open."""
    found = browser_of(os.path.join(bots.auto.store.data(slot), "session"))
    return found.pid if found is not None else None


def node(bot: Bot) -> psutil.Process:
    """The bot that runs under wagit."""

    def found() -> list[psutil.Process]:
        children = psutil.Process(bot.process.pid).children()
        return [child for child in children if arguments_of(child)[:1] == ["node"]]

    return eventually(found)[0]


def kill_node(bot: Bot) -> None:
    """SIGKILL to the bot alone."""
    victim = node(bot)
    victim.kill()
    eventually(lambda: not victim.is_running() or victim.status() == psutil.STATUS_ZOMBIE)


@contextmanager
def load(bots: Bots, number: str, slot: str, until: int = _MIB) -> Iterator[None]:
    """Have the page write; the block begins once it has written `until` bytes, and it goes on."""
    directory = Path(bots.auto.store.data(slot)) / "session/Default/IndexedDB"
    before = size_of(directory)
    growing = threading.Thread(target=_grow, args=(bots, number))
    growing.start()
    try:
        eventually(lambda: size_of(directory) >= before + until)
        yield
    finally:
        growing.join(PATIENCE)


def _grow(bots: Bots, number: str) -> None:
    with suppress(PhoneRefused):  # the page is loaded anew before it has written all
        bots.phone.grow(number, _LOAD)


def size_of(directory: Path) -> int:
    """The bytes of all files in it, though some vanish meanwhile."""
    total = 0
    for parent, _, names in os.walk(directory):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(parent, name)).st_size
    return total
