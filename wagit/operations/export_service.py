"""A service as its files describe it: what runs, where, and how it is stopped."""

from __future__ import annotations

import json
import os
import sys
from typing import NamedTuple

from wagit.bots.restart import ENDED_BY_WHATSAPP

REFRESH = ("refresh", "--stale")

# Exit statuses that no restart mends: usage, something missing, corrupt, cannot decrypt, not trusted, what
# WhatsApp ended, and a command that cannot be started. A slot that is busy may be free the next time.
FINAL_STATUSES = (2, 10, 12, 14, 15, ENDED_BY_WHATSAPP, 126, 127)


class Service(NamedTuple):
    """`program` runs wagit, as absolute words; `arguments` make it run the bots. `directories` are those
    that it needs besides the worktree; `path` is where it looks for programs; `stop` is in seconds.
    """

    name: str
    program: tuple[str, ...]
    arguments: tuple[str, ...]
    worktree: str
    directories: tuple[str, ...]
    path: str
    stop: int


class ExportedFile(NamedTuple):
    """One file: what it is called, what is in it, and where it was written or would be."""

    name: str
    text: str
    path: str | None = None


def header(kind: str, service: Service) -> str:
    """What the first line of each file says, behind what begins a comment there."""
    return f"Written by `wagit export {kind}` for {json.dumps(service.worktree)}"


def program() -> tuple[str, ...]:
    """The absolute words that run this wagit: its script, else its interpreter.

    `-P`: the worktree is the working directory, and a module in it is not one of wagit's.
    """
    script = os.path.join(os.path.dirname(sys.executable), "wagit")
    return (script,) if os.access(script, os.X_OK) else (sys.executable, "-P", "-m", "wagit")
