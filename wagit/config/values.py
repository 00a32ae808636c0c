"""Turn what a person writes for one setting into its value. Each raises ValueError with what is wrong."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from wagit.config import slot_names
from wagit.config.problems import near

LONGEST_TIME = 100 * 365 * 86400.0
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
SMALLEST_SIZE = 1_000_000  # a budget below that is a slip: it would leave one or two snapshots
LARGEST_SIZE = 10**18
SIZE_UNITS = {
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
NO = ("false", "no", "off", "none")
CAPTURE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)\s*(b|[kmgt]i?b)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def shown(value: object) -> str:
    """Quote a value for a message: control characters escaped, long ones cut."""
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def seconds(value: object) -> float:
    """Read `10s`, `5m`, `24h`, `3d`, `1h30m`, `500ms`; a bare number is seconds."""
    total = _seconds(value)
    if total is None:
        raise ValueError(f"{shown(value)} is not a duration; write 500ms, 10s, 5m, 24h or 3d")
    if not 0 <= total <= LONGEST_TIME:
        raise ValueError(f"{shown(value)} is out of range: 0 to 100 years")
    return total


def interval(value: object) -> float:
    """Read a duration, or `false` as 0: never."""
    is_no = value is False or (isinstance(value, str) and value.strip().lower() in NO)
    return 0.0 if is_no else seconds(value)


def _seconds(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _DURATION.fullmatch(text):
        return sum(float(number) * UNITS[unit] for number, unit in _PART.findall(text))
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) else None


def duration(total: float) -> str:
    """Write seconds the way they are read: 600.0 is 10m."""
    if total == 0:
        return "0s"
    for unit in ("d", "h", "m", "s"):
        if total % UNITS[unit] == 0:
            return f"{total / UNITS[unit]:.0f}{unit}"
    return f"{total * 1000:.0f}ms"


def durations(value: object) -> object:
    """Let one duration, or several separated by commas, stand for a list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [value] if isinstance(value, (int, float)) else value


def size(value: object) -> int:
    """Read `500 MB`, `2GB`, `1.5 GiB` as bytes; a bare number is bytes."""
    total = _bytes(value)
    if total is None:
        raise ValueError(f"{shown(value)} is not a size; write 500 MB, 2 GB or 1.5 GiB")
    if not SMALLEST_SIZE <= total <= LARGEST_SIZE:
        raise ValueError(f"{shown(value)} is out of range: 1 MB to 1000000 TB; leave it out for no limit")
    return round(total)


def _bytes(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    return float(found[1]) * SIZE_UNITS[found[2] or "b"] if found else None


def text(value: str) -> str:
    """Refuse control characters: they hide what is really there, and no program takes a NUL."""
    found = _CONTROL.search(value)
    if found:
        raise ValueError(f"{shown(value)} has a control character ({found[0]!r})")
    return value


def command(value: object) -> object:
    """Split a command line that is written as text as a shell would, running none."""
    if not isinstance(value, str):
        return value
    import shlex

    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} cannot be split into words: {error}") from error


def some(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an empty list, or one whose first word is empty."""
    if not value or not value[0]:
        raise ValueError("is empty; leave the key out to have none")
    return value


def listed(value: object) -> object:
    """Let one text stand for a list of one."""
    return [value] if isinstance(value, str) else value


def link(value: object) -> str | bool:
    """Read the path of the link inside the worktree, or False for none."""
    if value is False or (isinstance(value, str) and value.lower() in NO):
        return False
    path = text(value) if isinstance(value, str) else ""
    if not path:
        raise ValueError(f"{shown(value)} is not a path; write a path in the worktree, or false for no link")
    if path.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", path):
        raise ValueError(f"{shown(path)} is absolute; the link must lie in the worktree")
    parts = [part for part in re.split(r"[/\\]", path) if part not in ("", ".")]
    if ".." in parts:
        raise ValueError(f"{shown(path)} leaves the worktree; the link must lie in it")
    if not parts:
        raise ValueError(f"{shown(path)} is the worktree itself; name a path in it")
    if any(part.rstrip(". ").lower() in (".git", "git~1") for part in parts):
        raise ValueError(f"{shown(path)} lies in git's own directory")
    if len(path.encode(errors="surrogateescape")) > 1024:
        raise ValueError(f"{shown(path)} is longer than 1,024 bytes")
    return "/".join(parts)


def slot_name(value: str) -> str:
    """Check a slot's name."""
    _check_slot(value, value)
    return value


def slot_template(value: str) -> str:
    """Check a slot's name with `{captures}`."""
    plain = CAPTURE.sub("x", value)
    if "{" in plain or "}" in plain:
        raise ValueError(f"{shown(value)} has a brace that is no {{capture}}")
    _check_slot(value, plain)
    return value


def captures_used(template: str) -> set[str]:
    """The names between braces in a slot's template."""
    return set(CAPTURE.findall(template))


def _check_slot(value: str, plain: str) -> None:
    if len(value) > 512 or len(plain.encode(errors="surrogateescape")) > slot_names.LONGEST:
        raise ValueError(f"{shown(value)} is longer than {slot_names.LONGEST} bytes")
    if not slot_names.is_valid(plain):
        meant = re.sub(r"\.{2,}", ".", re.sub(r"[^a-z0-9._{}-]+", "-", value.lower())).strip("-._")
        mend = f"; did you mean {meant}" if meant and slot_names.is_valid(CAPTURE.sub("x", meant)) else ""
        raise ValueError(f"{shown(value)} is not a slot's name: a-z, 0-9, '.', '_' and '-', no '..'{mend}")


def new_slot(value: str) -> str:
    """Check how a slot starts: `fresh`, `move[:slot]`, `copy[:slot]`; without a slot, the one before."""
    verb, colon, slot = value.partition(":")
    if verb not in ("fresh", "move", "copy") or (verb == "fresh" and colon):
        near_verb = near(verb, ("fresh", "move", "copy"))
        raise ValueError(f"{shown(value)} is not one of fresh, move:<slot>, copy:<slot>{near_verb}")
    if colon:
        slot_template(slot)
    return value


def account(value: str) -> str:
    """Check a phone number; spaces and punctuation are kept as written."""
    digits = re.sub(r"[\s().+/-]", "", value)
    if not re.fullmatch(r"\d{5,15}", digits, re.ASCII):
        raise ValueError(
            f"{shown(value)} is not a phone number; write it with its country code: +49 151 0000000"
        )
    return value


def store(value: str) -> str:
    """Check where stores go; `~/` is the home directory."""
    if not text(value).startswith(("/", "~/")) and not re.match(r"[A-Za-z]:[/\\]", value):
        raise ValueError(f"{shown(value)} is not an absolute path")
    return value


def pattern(value: str) -> str:
    """Check a regular expression."""
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as problem:
        raise ValueError(f"{shown(value)} is no regular expression: {problem}") from None
    return value


def url(value: str) -> str:
    """Check a URL that something is posted to."""
    found = urlsplit(text(value))
    if found.scheme not in ("http", "https") or not found.hostname:
        raise ValueError(f"{shown(value)} is not a URL; write it so: https://example.com/hook")
    return value


def version(value: int) -> int:
    """Check the version of the format."""
    if value != 1:
        raise ValueError(f"version {value} is not known; this wagit reads version 1")
    return value
