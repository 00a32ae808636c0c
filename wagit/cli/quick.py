"""The short way of `wagit snapshot`: in its usual forms, and where nothing else is to be said.

Scripts and editors call it all the time, and reading its few words by Typer and the config by pydantic
would take five times what the snapshot does. Whatever is unusual goes the ordinary way, before anything
was done or printed; both ways do and print the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from wagit.cli.front import Front, Shared

if TYPE_CHECKING:
    from wagit.operations.seen import Opened

VERB = "snapshot"
FLAGS = {"--full": "full", "--hot": "hot", "--json": "json", "-q": "quiet", "--quiet": "quiet"}
VALUES = {"-m": "message", "--message": "message", "-C": "directory"}


class Form(NamedTuple):
    """What the words of the command line ask for."""

    slot: str | None = None
    message: str = ""
    full: bool = False
    hot: bool = False
    json: bool = False
    quiet: bool = False
    directory: str | None = None


def form(words: list[str]) -> Form | None:
    """Read the usual forms; None for every other, also for those that are wrong."""
    found: dict[str, str | bool] = {}
    names: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word in FLAGS:
            found[FLAGS[word]] = True
        elif word in VALUES and VALUES[word] not in found:
            found[VALUES[word]] = _value(waiting)
        elif word and not word.startswith("-"):
            names.append(word)
        else:
            return None
    if "" in found.values() or names[:1] != [VERB] or len(names) > 2:
        return None
    return Form(*names[1:], **found)  # type: ignore[arg-type]  # FLAGS are bools, VALUES are texts


def _value(words: Iterator[str]) -> str:
    """The next word; empty for what may be no value."""
    word = next(words, "")
    return "" if word.startswith("-") else word


def run(words: list[str]) -> int | None:
    """Take the snapshot and return the exit status; None when it is to be done the ordinary way."""
    asked = form(words)
    if asked is None:
        return None
    from wagit.operations import seen
    from wagit.slots import records

    front = Front(VERB, Shared(asked.directory, asked.json, asked.quiet))
    opened = seen.open_at(front.directory, os.environ)
    if opened is None or (asked.slot is not None and asked.slot not in records.slot_names(opened.store)):
        return None
    from wagit.cli.catch import caught

    return caught(lambda: _take(front, opened, asked), lambda: front)


def _take(front: Front, opened: Opened, asked: Form) -> None:
    from wagit.cli import render_snapshots
    from wagit.operations import seen
    from wagit.operations.snapshot import Ask, take
    from wagit.operations.snapshotted import told

    now = time.time()
    if asked.slot is None:
        front.say(seen.try_follow(opened, VERB, now, os.environ))
    slot = asked.slot or opened.seen.target.slot
    with front.progress("taking a snapshot") as progress:
        ask = Ask("asked", now, asked.message, full=asked.full, hot=asked.hot)
        done = told(take(opened.repo, opened.store, slot, ask, progress), slot)
    front.emit(done, render_snapshots.taken)
