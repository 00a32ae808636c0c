"""Branch patterns: gitwildmatch over the whole branch name, with `{name}` captures.

`*` and `?` stay inside a segment, `**` crosses segments, `[a-z]` is a class and `\\` escapes, as in
gitignore(5); a pattern must match the whole name, so `release` does not match `release/1`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import Pattern

_LITERAL_START = re.compile(r"[^*?{\[\\]*")
_LITERAL_END = re.compile(r"[^*?}\]\\/]*\Z")


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Pattern[str]:
    """Translate a branch pattern into a regular expression for `fullmatch`. Raises ValueError."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        translated, position = _token(pattern, position)
        parts.append(translated)
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        raise ValueError(str(error)) from error


def _token(pattern: str, at: int) -> tuple[str, int]:  # noqa: PLR0911  # one return a token
    """Translate the token at `at`; return it and where the next one starts."""
    if pattern.startswith("**", at):
        return _double_star(pattern, at)
    match pattern[at]:
        case "*":
            return "[^/]*", at + 1
        case "?":
            return "[^/]", at + 1
        case "{":
            return _capture(pattern, at)
        case "[":
            return _character_class(pattern, at)
        case "\\" if at + 1 < len(pattern):
            return re.escape(pattern[at + 1]), at + 2
        case character:
            return re.escape(character), at + 1


def _double_star(pattern: str, at: int) -> tuple[str, int]:
    """`**/` is any number of whole segments, none included; `/**` at the end is everything below."""
    starts_segment = at == 0 or pattern[at - 1] == "/"
    if starts_segment and pattern.startswith("**/", at):
        return "(?:.*/)?", at + 3
    if starts_segment and at + 2 == len(pattern):
        return ".+", at + 2
    return ".*", at + 2


def _capture(pattern: str, at: int) -> tuple[str, int]:
    end = pattern.find("}", at)
    name = pattern[at + 1 : end] if end > 0 else ""
    if not name.isidentifier():
        raise ValueError(f"{pattern[at:]!r} is no capture: write {{name}}, a letter first")
    return f"(?P<{name}>[^/]+?)", end + 1


def _character_class(pattern: str, at: int) -> tuple[str, int]:
    end = pattern.find("]", at + 2 if pattern[at + 1 : at + 2] not in ("!", "^") else at + 3)
    if end < 0:
        return re.escape("["), at + 1
    body = pattern[at + 1 : end]
    negated = body[:1] in ("!", "^")
    body = (body[1:] if negated else body).replace("\\", "\\\\").replace("[", "\\[")
    return f"(?!/)[{'^' if negated else ''}{body}]", end + 1


def captures(pattern: str) -> frozenset[str]:
    """Return the names that a pattern captures. Raises ValueError when it is malformed."""
    return frozenset(compile_pattern(pattern).groupindex)


def match(pattern: str, branch: str) -> dict[str, str] | None:
    """Return what `pattern` captures from `branch`, empty when nothing, None when it does not match."""
    if not _may_match(pattern, branch):
        return None
    found = compile_pattern(pattern).fullmatch(branch)
    return None if found is None else found.groupdict()


def _may_match(pattern: str, branch: str) -> bool:
    """Compare what is literal at both ends: of many rules most fall here, and compiling costs the most."""
    start, end = _LITERAL_START.match(pattern), _LITERAL_END.search(pattern)
    assert start is not None
    assert end is not None  # both match everything, if only emptily
    return branch.startswith(start[0]) and branch.endswith(end[0])
