"""Problems of a config: all of them at once, each with its place and the name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wagit.core.errors import WagitError

Path = tuple[str | int, ...]
MOST = 50  # lines of a message; a file of another kind has thousands of problems


class Problem(NamedTuple):
    """One thing that is wrong: `file:line: key: text`; `line` is 0 where there are none."""

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        line = f"{place}: {self.key}: {self.text}" if self.key else f"{place}: {self.text}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in line)


class ConfigProblems(WagitError):
    """The configuration has mistakes; nothing was changed."""

    code = "config"
    exit_status = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        lines = [str(problem) for problem in self.problems[:MOST]]
        if len(self.problems) > MOST:
            lines.append(f"… and {len(self.problems) - MOST} more")
        super().__init__("\n".join(lines), "correct it and look again: wagit config check")


def dotted(path: Path) -> str:
    """Write a path the way people do: ('rules', 3, 'slot') is rules[3].slot."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in path]
    return "".join(parts).removeprefix(".")


def undotted(key: str) -> Path:
    """Read what `dotted` writes."""
    parts: list[str | int] = []
    for part in key.replace("[", ".[").split("."):
        if part:
            parts.append(int(part[1:-1]) if part.startswith("[") else part)
    return tuple(parts)


def near(word: str, names: Sequence[str]) -> str:
    """Return `; did you mean …` with the name closest to `word`, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word[:60].lower(), names, n=1)
    return f"; did you mean {found[0]}" if found else ""
