"""One layer of settings: what it says, where each key stands, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from wagit.config import keys
from wagit.config.model import Settings
from wagit.config.problems import MOST, Path, Problem, dotted, near
from wagit.config.section import Section
from wagit.config.values import shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ENVIRONMENT = "environment"
COMMAND_LINE = "command line"


class Source(NamedTuple):
    """Where a value comes from; `line` is 0 where there are none."""

    layer: str
    name: str
    line: int

    def __str__(self) -> str:
        return f"{self.name}:{self.line}" if self.line else self.name


DEFAULT = Source("default", "default", 0)


class Layer(NamedTuple):
    """Settings from one place. `role` is user, project, local, established, environment or command line.

    `versioned`: git brings it along with other people's commits. `variables` names what set a key.
    """

    role: str
    name: str
    data: Mapping[str, object]
    lines: Mapping[Path, int] = {}
    variables: Mapping[Path, str] = {}
    versioned: bool = False

    def has(self, path: Path) -> bool:
        """Whether the layer says something at `path`."""
        at: object = self.data
        for part in path:
            if isinstance(at, Mapping):
                at = at.get(str(part))
            elif isinstance(at, list | tuple) and isinstance(part, int) and part < len(at):
                at = at[part]
            else:
                return False
        return at is not None

    def source(self, path: Path) -> Source:
        """Where in the layer `path` stands."""
        variable = self.variables.get(keys.leaf_of(path))
        return Source(self.role, variable or self.name, 0 if variable else self.line(path))

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest key around it that has one; what an alias brings has none."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def problem(self, path: Path, text: str) -> Problem:
        """Name what is wrong at `path`."""
        return Problem(
            self.name, self.line(path), self.variables.get(keys.leaf_of(path)) or dotted(path), text
        )


def validate(layer: Layer) -> tuple[Settings | None, list[Problem]]:
    """Check a layer by itself: also what a stronger one overrides must be right."""
    try:
        return Settings.model_validate(layer.data), []
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        problems = [layer.problem(error["loc"], _text(error)) for error in errors[:MOST]]
        if len(errors) > MOST:
            problems.append(Problem(layer.name, 0, "", f"{len(errors) - MOST} more problems are not shown"))
        return None, problems


def merge(base: Section, over: Section) -> Section:
    """Lay what `over` was given on top of `base`, key by key; lists are replaced whole."""
    updates: dict[str, object] = {}
    for name in over.model_fields_set:
        old, new = getattr(base, name), getattr(over, name)
        updates[name] = merge(old, new) if isinstance(new, Section) and isinstance(old, Section) else new
    return base.model_copy(update=updates)


def _text(error: ErrorDetails) -> str:
    """Say what is wrong in our words."""
    kind, given = error["type"], _given(error["input"])
    context = error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        return f"unknown key{_near_key(error['loc'])}"
    if kind == "literal_error":
        names = re.findall(r"'([^']*)'", context["expected"])
        return f"{given} is not one of {', '.join(names)}{near(str(error['input']), names)}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{given} is out of range: it must be {error['msg'][len('Input should be ') :]}"
    for prefix, text in _TEXTS.items():
        if kind.startswith(prefix):
            return text.replace("{given}", given)
    return f"{given}: {error['msg']}"


_TEXTS = {
    "missing": "is missing",
    "bool_": "{given} is not true or false",
    "int_": "{given} is not a whole number",
    "string_too_long": "{given} is too long",
    "string_": "must be text, not {given}",
    "tuple_": "must be a list, not {given}",
    "model_": "must be a mapping of keys, not {given}",
}


def _given(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return "nothing" if value is None else shown(value)


def _near_key(path: Path) -> str:
    """The key that was meant: a near one here, or the same one in another section."""
    *parents, last = path
    siblings = keys.names_at(tuple(parents))
    found = near(str(last), siblings)
    if not found:
        elsewhere = [key.name for key in keys.leaves() if key.path[-1] == last]
        found = f"; did you mean {elsewhere[0]}" if elsewhere else ""
    return found or (f"; known here: {', '.join(siblings)}" if len(siblings) < 8 and siblings else "")
