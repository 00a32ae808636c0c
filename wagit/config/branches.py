"""Check branch patterns, and turn what was meant as a regular expression into the glob it stands for."""

from __future__ import annotations

import re

from wagit.config.globs import captures
from wagit.config.values import shown

HINT = ": '*' stays inside a segment, '**' crosses segments"

LONGEST = 512  # characters; git keeps branches as files, whose names end at 255 bytes

# None of these can be in a branch's name (git-check-ref-format(1)), or means anything in a glob.
_REGEX = re.compile(
    r"""
    (?<!\[) \^                # anchored at the start; [^a] is a class
    | [*+)\]] \$ $             # … or at the end
    | (?: ^ | [/)\]_-] ) \.[*+] # .* and .+, but v1.* is a glob
    | \([^()|]* \| [^()]*\)    # (a|b)
    | \(\?                     # (?:…), (?P<…>…)
    | \\ [A-Za-z./-]           # \d, \w, \.
    | \] \+                    # [0-9]+
    """,
    re.VERBOSE,
)


def pattern(value: str) -> str:
    """Check one branch pattern. Raises ValueError with the glob that a regular expression stands for."""
    if not value:
        raise ValueError("is empty; '**' matches every branch")
    if len(value) > LONGEST:
        raise ValueError(f"{shown(value)} is longer than {LONGEST} characters")
    if _REGEX.search(value):
        raise ValueError(
            f"{shown(value)} looks like a regular expression; patterns are globs{_suggest(value)}"
        )
    if value.startswith("!"):
        raise ValueError(f"{shown(value)}: a pattern cannot be negated; put a rule for {value[1:]} before it")
    if value.startswith("refs/heads/"):
        raise ValueError(f"{shown(value)}: leave refs/heads/ out; did you mean {value[11:]}")
    captures(value)  # or a brace or a class is malformed
    return value


def _suggest(value: str) -> str:
    if re.search(r"\(\?(?:[!=]|<[!=])", value):
        return HINT  # looking ahead or behind has no glob
    globs = [_glob(alternative) for alternative in _alternatives(value.removeprefix("^").removesuffix("$"))]
    if len(globs) > 8 or not all(map(_is_glob, globs)):
        return HINT
    return f"; did you mean {globs[0] if len(globs) == 1 else '[' + ', '.join(globs) + ']'}"


def _is_glob(text: str) -> bool:
    if re.search(r"[()|\\^$+]|\[\]", text):
        return False
    try:
        return pattern(text) == text
    except ValueError:
        return False


def _alternatives(value: str) -> list[str]:
    """Write out the first `(a|b)` as one text each."""
    found = re.search(r"\((?:\?:)?([^()|]*\|[^()]*)\)", value)
    if found is None:
        return value.split("|") if "(" not in value else [value]
    return [value[: found.start()] + option + value[found.end() :] for option in found[1].split("|")]


def _glob(value: str) -> str:
    """Translate a simple regular expression: `feature/.*` is `feature/**`."""
    value = value.replace("\\.", "\0")  # a real dot, kept out of the way of `.*`
    value = re.sub(r"\(\?P<([A-Za-z_]\w*)>[^()]*\)", r"{\1}", value)
    value = re.sub(r"\((?:\?:)?([^()|]*)\)[?*+]?", r"\1", value)
    value = re.sub(r"(?:\\[dwDW]|\[[^\]]*\])(?:[+*]|\{\d+(?:,\d*)?\})\??", "*", value)
    value = re.sub(r"\\[dwDW]", "?", value)
    value = re.sub(r"(^|/)\.[*+]\??$", r"\1**", value)
    value = re.sub(r"(^|/)\.[*+]\??(?=/)", r"\1**", value)
    value = re.sub(r"\.[*+]\??", "*", value)
    return re.sub(r"\\([/-])", r"\1", value).replace("\0", ".")
