"""wagit's own lines while a bot owns the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

PREFIX = "wagit: "
_ENDS = str.maketrans({"\n": " ", "\r": " "})


class Printer:
    """Writes notices to stderr, one line each, and never to the bot's stdout.

    `at_line_start` tells whether the bot's last output ended a line; else the notice begins a new one.
    """

    def __init__(self, descriptor: int = 2, at_line_start: Callable[[], bool] = lambda: True) -> None:
        self._descriptor = descriptor
        self._at_line_start = at_line_start

    def __call__(self, text: str) -> None:
        """Write one notice by a single write; a stderr that is gone is no reason to stop."""
        self.draw(PREFIX + text.translate(_ENDS))

    def draw(self, text: str) -> None:
        """Write lines as they are, such as a drawing; otherwise the same."""
        end = "\r\n" if is_raw(self._descriptor) else "\n"
        start = "" if self._at_line_start() else end
        lines = start + end.join([*text.split("\n"), ""])
        with suppress(OSError):
            os.write(self._descriptor, lines.encode(errors="backslashreplace"))


def is_raw(descriptor: int) -> bool:
    """Whether the terminal leaves newlines as they are, so that a line needs its own carriage return."""
    try:
        import termios
    except ImportError:  # untested: Windows terminals have no such mode
        return False
    try:
        return not termios.tcgetattr(descriptor)[1] & termios.OPOST
    except termios.error:
        return False
