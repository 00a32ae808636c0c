"""Which files of a slot's data a snapshot takes: the driver's gitwildmatch lists as two expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from wagit.config.globs import translate


class Selection(NamedTuple):
    """`wanted` and `barred` match relative paths with `/`, `ways` directories that lead to wanted ones."""

    wanted: re.Pattern[str]
    ways: re.Pattern[str]
    barred: re.Pattern[str]

    def wants(self, path: str) -> bool:
        """Whether a file, link or directory belongs into the snapshot."""
        return bool(self.wanted.fullmatch(path)) and not self.barred.fullmatch(path)

    def enters(self, directory: str) -> bool:
        """Whether anything below a directory can belong into the snapshot."""
        return bool(self.ways.fullmatch(directory)) and not self.barred.fullmatch(directory)


def select(essential: Iterable[str], never: Iterable[str]) -> Selection:
    """Make a selection from gitwildmatch patterns as gitignore(5) describes them, without negation."""
    essential = list(essential)
    return Selection(
        re.compile("|".join(_matching(pattern) for pattern in essential) or r"(?!)", re.DOTALL),
        re.compile("|".join(_leading(pattern) for pattern in essential) or r"(?!)", re.DOTALL),
        re.compile("|".join(_matching(pattern) for pattern in never) or r"(?!)", re.DOTALL),
    )


def _matching(pattern: str) -> str:
    """What matches, and all that is below it."""
    body = pattern.strip("/")
    anywhere = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    below = "(?:/.*)" if pattern.endswith("/") else "(?:/.*)?"  # a directory only by what is in it
    return f"{anywhere}{translate(body).expression}{below}"


def _leading(pattern: str) -> str:
    """The directories on the way to what matches, and those below it."""
    if "/" not in pattern.rstrip("/") or "**" in pattern:
        return ".*"
    expression = "(?:/.*)?"
    for segment in reversed(pattern.strip("/").split("/")):
        expression = f"(?:/{translate(segment).expression}{expression})?"
    return expression.removeprefix("(?:/").removesuffix(")?")
