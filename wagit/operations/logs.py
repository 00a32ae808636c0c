"""What a bot in the background wrote, with wagit's notices between."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from typing import NamedTuple

from wagit.bots.log_rotation import since, tail
from wagit.core import running
from wagit.operations.context import Context

_NOTICE = re.compile(r"wagit: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)", re.DOTALL)
_STEP, _MOST = 15, 30  # milliseconds: file events are gathered


class Line(NamedTuple):
    """A line of the log: who wrote it, `bot` or `wagit`, and when, which only wagit's lines tell."""

    by: str
    text: str
    time: str | None


def logs(context: Context, lines: int) -> bytes:
    """The last so many lines, 0 for all; empty when nothing was logged. Raises OSError."""
    return tail(running.log_of(context.repo), lines)[0]


def follow(context: Context, lines: int) -> Iterator[bytes]:
    """The same, then what is written from now on, for ever, across rotation. Raises KeyboardInterrupt."""
    from watchfiles._rust_notify import RustNotify

    path = running.log_of(context.repo)
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    with RustNotify([directory], False, False, 0, False, True) as notify:
        text, place = tail(path, lines)
        yield text
        never = threading.Event()
        while True:
            for chunk, read_on in since(path, place):
                place = read_on
                yield chunk
            if notify.watch(_MOST, _STEP, 0, never) == "signal":
                raise KeyboardInterrupt


def parse(line: bytes) -> Line:
    """Tell a line of wagit's from one of the bot's; what is no UTF-8 is replaced."""
    text = line.rstrip(b"\r\n").decode(errors="replace")
    found = _NOTICE.fullmatch(text)
    return Line("wagit", found[2], found[1]) if found else Line("bot", text, None)


def whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Put chunks together to lines; the last one may lack its end."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest
