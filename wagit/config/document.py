"""From the bytes of a config file to plain data and the line of each key.

Built from YAML events without recursion, so that neither nesting nor aliases can exhaust anything. A
plain scalar stays the text that was written (`slot: 042`, `slot: no`, `account: +49151`): what it means
is for the setting's type to say, not for YAML's guesses.
"""

from __future__ import annotations

from typing import NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from wagit.config.problems import ConfigProblems, Path, Problem, dotted
from wagit.config.values import shown
from wagit.config.yaml_errors import explain

DEEPEST = 32
MOST_VALUES = 100_000  # with every alias counted as all that it stands for
KINDS = ("str", "int", "float", "bool", "null", "seq", "map")
TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in KINDS)
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Value = None | str | list["Value"] | dict[str, "Value"]


class Document(NamedTuple):
    """A file's settings as written, the line of each, and mistakes that do not end the reading."""

    data: dict[str, Value]
    lines: dict[Path, int]
    problems: list[Problem]


def parse(file: str, data: bytes) -> Document:
    """Read the bytes of a config file, called `file` in messages. Raises ConfigProblems."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigProblems([Problem(file, line, "", f"is not UTF-8 (byte {error.start})")]) from error
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise ConfigProblems([explain(file, text, error)]) from error
    return builder.finish()


def _line(event: Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 0


class _Frame:
    """A mapping or list that is being read."""

    __slots__ = ("anchor", "key", "line", "merges", "path", "value", "weight")

    def __init__(
        self, value: dict[str, Value] | list[Value], path: Path, line: int, anchor: str | None
    ) -> None:
        self.value = value
        self.path = path
        self.line = line
        self.anchor = anchor
        self.key: str | None = None
        self.merges: list[Value] = []
        self.weight = 1


class _Builder:
    """Takes events in order; what is open is a stack of frames."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Value, int]] = {}
        self.root: Value = None
        self.documents = 0

    def take(self, event: Event) -> None:
        if isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, MappingStartEvent):
            self._open({}, event)
        elif isinstance(event, SequenceStartEvent):
            self._open([], event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close()
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self._stop(event, "a second document starts here; a config is one")

    def finish(self) -> Document:
        """Return what was read; an empty file is an empty mapping."""
        if self.root is None:
            return Document({}, self.lines, self.problems)
        if not isinstance(self.root, dict):
            what = "a list" if isinstance(self.root, list) else f"the text {shown(self.root)}"
            problem = Problem(self.file, 1, "", f"is {what}; a config is a mapping: key: value")
            raise ConfigProblems([problem])
        return Document(self.root, self.lines, self.problems)

    def _scalar(self, event: ScalarEvent) -> None:
        self._check_tag(event)
        plain_null = event.implicit[0] and event.value in NULLS
        value = None if plain_null else event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            self._key(frame, value, event)
        else:
            self._add(value, 1, event)

    def _key(self, frame: _Frame, key: Value, event: Event) -> None:
        if not isinstance(key, str):
            raise self._stop(event, "a key must be text")
        frame.key = key
        path = (*frame.path, key)
        if key in frame.value:
            first = self.lines.get(path, frame.line)
            self.problems.append(self._problem(event, f"is written twice; first on line {first}", path))
        self.lines[path] = _line(event)

    def _open(self, value: dict[str, Value] | list[Value], event: CollectionStartEvent) -> None:
        self._check_tag(event)
        if len(self.stack) >= DEEPEST:
            raise self._stop(event, f"is nested deeper than {DEEPEST} levels")
        path: Path = ()
        if self.stack:
            frame = self.stack[-1]
            if isinstance(frame.value, list):
                path = (*frame.path, len(frame.value))
                self.lines[path] = _line(event)
            elif frame.key is None:
                raise self._stop(event, "a key must be text")
            else:
                path = (*frame.path, frame.key)
        self.stack.append(_Frame(value, path, _line(event), event.anchor))

    def _close(self) -> None:
        frame = self.stack.pop()
        if isinstance(frame.value, dict):
            for merge in frame.merges:
                for key, value in merge.items() if isinstance(merge, dict) else ():
                    frame.value.setdefault(key, value)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, frame.weight)
        self._add(frame.value, frame.weight, None, frame.line)

    def _alias(self, event: AliasEvent) -> None:
        if event.anchor not in self.anchors:
            raise self._stop(event, f"the alias *{event.anchor} names no anchor that is complete before it")
        value, weight = self.anchors[event.anchor]
        frame = self.stack[-1]
        if frame.key is None and isinstance(frame.value, dict):
            self._key(frame, value, event)
        else:
            self._add(value, weight, event)

    def _add(self, value: Value, weight: int, event: Event | None, line: int = 0) -> None:
        """Put a whole value where it belongs."""
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        line = line or (_line(event) if event else 0)
        frame.weight += weight
        if frame.weight > MOST_VALUES:
            text = f"stands for more than {MOST_VALUES:,} values"
            raise ConfigProblems([Problem(self.file, line, "", text)])
        if isinstance(frame.value, list):
            self.lines[*frame.path, len(frame.value)] = line
            frame.value.append(value)
        elif frame.key == "<<":
            self._merge(frame, value, line)
        elif frame.key is not None:
            frame.value[frame.key] = value
            frame.key = None

    def _merge(self, frame: _Frame, value: Value, line: int) -> None:
        merges = value if isinstance(value, list) else [value]
        if not all(isinstance(merge, dict) for merge in merges):
            raise ConfigProblems([Problem(self.file, line, "<<", "merges mappings only")])
        frame.merges += merges
        frame.key = None

    def _check_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        tag = event.tag
        if tag is not None and tag != "!" and tag not in TAGS:
            raise self._stop(event, f"the tag {shown(tag)} means nothing here")

    def _problem(self, event: Event, text: str, path: Path = ()) -> Problem:
        return Problem(self.file, _line(event), dotted(path), text)

    def _stop(self, event: Event, text: str) -> ConfigProblems:
        return ConfigProblems([self._problem(event, text)])
