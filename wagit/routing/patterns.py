"""Match branch patterns against whole branch names: `release` does not match `release/1`."""

from __future__ import annotations

import re
from functools import lru_cache
from re import Pattern

from wagit.config.globs import translate

_LITERAL_START = re.compile(r"[^*?{\[\\]*")
_LITERAL_END = re.compile(r"[^*?}\]\\/]*\Z")


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str, *, any_case: bool = False) -> Pattern[str]:
    """Compile a branch pattern for `fullmatch`. Raises ValueError when it is malformed."""
    return re.compile(translate(pattern).expression, re.DOTALL | (re.IGNORECASE if any_case else 0))


def match(pattern: str, branch: str, *, any_case: bool = False) -> dict[str, str] | None:
    """Return what `pattern` captures from `branch`, empty when nothing, None when it does not match."""
    if not _may_match(pattern, branch, any_case):
        return None
    found = compile_pattern(pattern, any_case=any_case).fullmatch(branch)
    return None if found is None else found.groupdict()


def _may_match(pattern: str, branch: str, any_case: bool) -> bool:
    """Compare what is literal at both ends: of many rules most fall here, and compiling costs the most."""
    start, end = _LITERAL_START.match(pattern), _LITERAL_END.search(pattern)
    assert start is not None
    assert end is not None  # both match everything, if only emptily
    if any_case:
        branch = branch.lower()
        return branch.startswith(start[0].lower()) and branch.endswith(end[0].lower())
    return branch.startswith(start[0]) and branch.endswith(end[0])
