"""What of the team's settings can only be judged with the layer they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from wagit.config.layers import Layer
from wagit.config.problems import Path, Problem
from wagit.config.recipients import split

# What of a team comes with somebody's commit, and counts as it was trusted last.
TEAM: tuple[Path, ...] = (
    ("team", "id"),
    ("team", "remote"),
    ("team", "recipients"),
    ("team", "lease", "term"),
    ("team", "lease", "at"),
)


def concerns(layer: Layer) -> bool:
    """Whether a layer says who shares what with whom."""
    if any(layer.has(path) for path in TEAM) or layer.data.get("strategy") == "team":
        return True
    rules = layer.data.get("rules")
    listed = rules if isinstance(rules, list | tuple) else ()
    return any(isinstance(rule, Mapping) and rule.get("team") is not None for rule in listed)


def secrets(layer: Layer) -> list[Problem]:
    """A password in a file that others get is none."""
    found = []
    for path in (("team", "lease", "at"), ("team", "remote")) if layer.versioned else ():
        value = _at(layer, path)
        if isinstance(value, str) and has_password(value):
            name = "WAGIT_" + "_".join(path).upper()
            text = f"has a password, which a versioned file would tell; set it in .wagit.local.yml or {name}"
            found.append(layer.problem(path, text))
    return found


def duplicates(layer: Layer, recipients: tuple[str, ...]) -> list[Problem]:
    """One key, and one name, stands for one member."""
    found, seen = [], dict[str, int]()
    for index, line in enumerate(recipients):
        key, name = split(line)
        for kind, text in (("key", key), ("name", name)):
            if seen.setdefault(f"{kind} {text}", index) != index:
                first = seen[f"{kind} {text}"]
                said = f"has the {kind} of recipients[{first}]" + (f", {name!r}" if kind == "name" else "")
                found.append(layer.problem(("team", "recipients", index), said))
    return found


def _at(layer: Layer, path: Path) -> object:
    value: object = layer.data
    for part in path:
        value = value.get(str(part)) if isinstance(value, Mapping) else None
    return value


def has_password(url: str) -> bool:
    """Whether a URL names one."""
    try:
        return bool(urlsplit(url).password)
    except ValueError:
        return False
