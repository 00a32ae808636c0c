"""What is joined to a supervisor that runs: whoever listens to it, or asks something of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from wagit.bots.board import Board
from wagit.bots.events import Again, Signalled
from wagit.bots.hosting import Hosting
from wagit.operations.context import Context


class Ask(Protocol):
    """Asks something of a run."""

    def __call__(self, event: Again | Signalled, slot: str | None = ...) -> bool:
        """Have the bot of one slot, or of all, restarted or stopped; whether it is run here. Thread-safe."""


class Joined(NamedTuple):
    """One run. `ask` has the bot restarted or the run ended; `notice` prints one line of wagit's own."""

    context: Context
    board: Board
    ask: Ask
    hosting: Hosting
    notice: Callable[[str], None]
