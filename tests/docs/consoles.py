"""Read the console blocks of a page: what is typed, and what is shown for it."""

from __future__ import annotations

import re
from typing import NamedTuple

_FENCE = re.compile(r"^```(\S+)(?: title=\"([^\"]*)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Fence(NamedTuple):
    """A fenced block: its language, its title, its lines."""

    language: str
    title: str
    lines: tuple[str, ...]


class Typed(NamedTuple):
    """A command (empty where only output is shown, `^C` for Ctrl-C) and the lines shown for it."""

    command: str
    shown: tuple[str, ...]


def fences(page: str) -> list[Fence]:
    """Return the fenced blocks of a page."""
    return [Fence(kind, title, tuple(text.splitlines())) for kind, title, text in _FENCE.findall(page)]


def typed(fence: Fence) -> list[Typed]:
    """Split a console block into commands with their output; `> ` goes on with a command."""
    found: list[Typed] = []
    for line in fence.lines:
        if line.startswith("$ ") or line == "^C":
            found.append(Typed(line.removeprefix("$ "), ()))
        elif line.startswith("> ") and found:
            found[-1] = found[-1]._replace(command=f"{found[-1].command}\n{line[2:]}")
        else:
            found = found or [Typed("", ())]
            found[-1] = found[-1]._replace(shown=(*found[-1].shown, line))
    return found


def pattern(shown: str) -> re.Pattern[str]:
    """Turn a line that is shown into what a line of output must match: `…` is anything, spaces any."""
    parts = [r"\s+".join(map(re.escape, part.split())) for part in shown.split("…")]
    return re.compile(r"\s*" + r".*".join(parts) + r"\s*")


def missing(shown: tuple[str, ...], output: list[str]) -> str | None:
    """Return the first shown line that the output does not have in this order; None when it has all."""
    at = 0
    for line in shown:
        wanted = pattern(line)
        while line != "…":
            if at == len(output):
                return line
            at += 1
            if wanted.fullmatch(plain(output[at - 1])):
                break
    return None


def plain(line: str) -> str:
    """Return a line without colours."""
    return _COLOUR.sub("", line).rstrip()
