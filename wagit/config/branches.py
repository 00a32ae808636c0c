"""Check branch patterns, and turn what was meant as a regular expression into the glob it stands for."""

from __future__ import annotations

import re

from wagit.config.values import shown

HINT = ": '*' stays inside a segment, '**' crosses segments"

LONGEST = 512  # characters; git keeps branches as files, whose names end at 255 bytes
_PARSED = re.compile(r"[{\[\\]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

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
    captures(value)
    return value


def captures(value: str) -> set[str]:
    """Return the names a pattern captures. Raises ValueError when a brace or a class is malformed."""
    names: set[str] = set()
    at = 0
    while found := _PARSED.search(value, at):
        at = found.start()
        if value[at] == "\\":
            at += 2
        elif value[at] == "[":
            at = _after_class(value, at)
        else:
            at = _capture(value, at, names)
    return names


def _capture(value: str, at: int, names: set[str]) -> int:
    """Add the name of the `{…}` at `at`; return where it ends."""
    end = value.find("}", at)
    name = value[at + 1 : end] if end > 0 else ""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{shown(value)}: {shown(value[at:])} is no capture; write {{name}}")
    if name in names:
        raise ValueError(f"{shown(value)} captures {{{name}}} twice")
    names.add(name)
    return end + 1


def _after_class(value: str, at: int) -> int:
    """Check the `[…]` at `at` as the matcher will read it; return where it ends."""
    negated = value[at + 1 : at + 2] in ("!", "^")
    end = value.find("]", at + (3 if negated else 2))
    if end < 0:
        return at + 1  # a bracket that stands for itself
    body = value[at + (2 if negated else 1) : end]
    doubled = re.search(r"--|&&|~~|\|\|", body)  # reserved by Python's re inside a class
    problem = f"{shown(value)}: {shown(value[at : end + 1])} is no character class"
    if not body or doubled:
        raise ValueError(problem)
    try:
        re.compile("[" + body.replace("\\", "\\\\").replace("[", "\\[") + "]")
    except re.error as error:
        raise ValueError(problem) from error
    return end + 1


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
