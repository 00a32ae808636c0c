"""What was last known of a worktree's bots, kept in a file while they run: for when nobody can be asked."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from wagit.bots.board import Board
from wagit.bots.standing import Standing
from wagit.core.atomic import atomic_write

SECONDS = 1.0  # between two writes


@contextmanager
def kept(path: str, board: Board) -> Iterator[None]:
    """Keep the file at `path` as the board is, at most a write a second, and exactly so at the end."""
    with suppress(OSError):
        os.unlink(_temporary(path))  # of a run that was killed
    changed, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=_follow, args=(path, board, changed, over), name="standing", daemon=True)
    thread.start()
    end = board.listen(lambda _, __: changed.set())
    try:
        yield
    finally:
        end()
        over.set()
        changed.set()
        thread.join()


def _follow(path: str, board: Board, changed: threading.Event, over: threading.Event) -> None:
    while True:
        changed.wait()
        changed.clear()
        standings = board.all()
        if standings:
            text = json.dumps({"standings": [known._replace(ref=None)._asdict() for known in standings]})
            with suppress(OSError):  # a full disk, or our directory was deleted: the bot goes on
                atomic_write(path, text.encode() + b"\n", temporary=_temporary(path))
        if over.is_set():
            return
        over.wait(SECONDS)


def _temporary(path: str) -> str:
    return f"{path}.new"


def read(path: str) -> list[Standing]:
    """What the file says; nothing when it is missing or nonsense."""
    try:
        with open(path, "rb") as file:
            return standings(json.loads(file.read())["standings"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def standings(known: Iterable[Mapping[str, Any]]) -> list[Standing]:
    """Standings from their JSON; what another version of wagit knows besides is passed over."""
    return [Standing(**{name: each[name] for name in Standing._fields if name in each}) for each in known]
