"""The syntax of branch patterns, known once: what passes the check is what is matched later.

gitwildmatch over the whole branch name, with `{name}` captures: `*` and `?` stay inside a segment, `**`
crosses segments, `[a-z]` is a class and `\\` escapes, as in gitignore(5).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from wagit.config.values import CAPTURE, shown

_LITERAL = re.compile(r"[^*?{\[\\]+")
_CHECKED = re.compile(r"[{\[\\]")
_RESERVED = re.compile(r"--|&&|~~|\|\|")  # by Python's re, inside a class


class Glob(NamedTuple):
    """A pattern as the source of a regular expression for `fullmatch`, and the names that it captures."""

    expression: str
    captures: frozenset[str]


def translate(pattern: str) -> Glob:
    """Translate a branch pattern. Raises ValueError when a capture or a class is malformed."""
    parts: list[str] = []
    names: set[str] = set()
    at = 0
    while at < len(pattern):
        part, at = _token(pattern, at, names)
        parts.append(part)
    return Glob("".join(parts), frozenset(names))


def captures(pattern: str) -> frozenset[str]:
    """Return the names that a pattern captures. Raises ValueError as `translate`; cheap for most patterns."""
    return translate(pattern).captures if _CHECKED.search(pattern) else frozenset()


def _token(pattern: str, at: int, names: set[str]) -> tuple[str, int]:  # noqa: PLR0911  # one return a token
    """Translate the token at `at`; return it and where the next one starts."""
    if pattern.startswith("**", at):
        return _double_star(pattern, at)
    match pattern[at]:
        case "*":
            return "[^/]*", at + 1
        case "?":
            return "[^/]", at + 1
        case "{":
            return _capture(pattern, at, names)
        case "[":
            return _character_class(pattern, at)
        case "\\":  # the last character stands for itself
            return re.escape(pattern[at + 1 : at + 2] or "\\"), at + 2
        case _:
            found = _LITERAL.match(pattern, at)
            assert found is not None
            return re.escape(found[0]), found.end()


def _double_star(pattern: str, at: int) -> tuple[str, int]:
    """`**/` is any number of whole segments, none included; `/**` at the end is everything below."""
    starts_segment = at == 0 or pattern[at - 1] == "/"
    if starts_segment and pattern.startswith("**/", at):
        return "(?:.*/)?", at + 3
    if starts_segment and at + 2 == len(pattern):
        return ".+", at + 2
    return ".*", at + 2


def _capture(pattern: str, at: int, names: set[str]) -> tuple[str, int]:
    """Translate the `{…}` at `at` and add its name."""
    found = CAPTURE.match(pattern, at)
    if found is None:
        raise ValueError(f"{shown(pattern)}: {shown(pattern[at:])} is no capture; write {{name}}")
    if found[1] in names:
        raise ValueError(f"{shown(pattern)} captures {found[0]} twice")
    names.add(found[1])
    return f"(?P<{found[1]}>[^/]+?)", found.end()


def _character_class(pattern: str, at: int) -> tuple[str, int]:
    """Translate the `[…]` at `at`; a bracket that nothing closes stands for itself."""
    negated = pattern[at + 1 : at + 2] in ("!", "^")
    start = at + (2 if negated else 1)
    end = pattern.find("]", start + 1)
    if end < 0:
        return re.escape("["), at + 1
    body = pattern[start:end].replace("\\", "\\\\").replace("[", "\\[")
    expression = f"[{'^' if negated else ''}{body}]"
    if _RESERVED.search(body) or not _compiles(expression):
        raise ValueError(f"{shown(pattern)}: {shown(pattern[at : end + 1])} is no character class")
    return f"(?!/){expression}", end + 1


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except re.error:
        return False
    return True
