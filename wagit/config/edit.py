"""Change a config file's text in one place, and leave every other line and comment as it is.

Each change is proved: what the text says afterwards is what it said before with exactly that change, else
there is none. So odd files (several documents, tags) are never changed by mistake, only refused.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wagit.config.document import parse
from wagit.config.problems import ConfigProblems

Path = tuple[str, ...]
Change = Callable[[dict[str, Any]], None]


def with_value(text: str, path: Path, value: str) -> str | None:
    """Set the text at `path`, where there is one already; None where that cannot be done by itself."""

    def change(data: dict[str, Any]) -> None:
        _inner(data, path[:-1])[path[-1]] = value

    node = _node(text, path)
    if not isinstance(node, ScalarNode):
        return None
    start, end = node.start_mark.index, node.end_mark.index
    return _proved(text, text[:start] + value + text[end:], change)


def with_section(text: str, name: str, values: Mapping[str, str | Sequence[str]]) -> str | None:
    """Write texts and lists of them into a section, made if need be; None where one of the keys is there."""

    def change(data: dict[str, Any]) -> None:
        section = data.setdefault(name, {})
        if not section.keys().isdisjoint(values):
            raise KeyError(name)
        section.update({key: _plain(value) for key, value in values.items()})

    node = _node(text, (name,))
    if isinstance(node, MappingNode) and node.value and not node.flow_style:
        at = text.rfind("\n", 0, node.start_mark.index) + 1
        return _proved(text, text[:at] + _block(text, values, node.start_mark.column) + text[at:], change)
    end = "" if not text or text.endswith("\n") else _newline(text)
    return _proved(text, text + end + f"{name}:{_newline(text)}" + _block(text, values, 2), change)


def block(values: Mapping[str, str | Sequence[str]], indent: int = 0) -> list[str]:
    """Keys with texts and lists of them, as lines."""
    lines = []
    for key, value in values.items():
        if isinstance(value, str):
            lines.append(f"{key}: {value}")
        else:
            lines += [f"{key}:", *(f"  - {quoted(one)}" for one in value)]
    return [" " * indent + line for line in lines]


def quoted(value: str) -> str:
    """A text as YAML takes it in any place."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def with_item(text: str, path: Path, value: str) -> str | None:
    """Add a text to the end of a list; None where there is none, or it cannot be done by itself."""

    def change(data: dict[str, Any]) -> None:
        _inner(data, path[:-1])[path[-1]].append(value)

    node = _node(text, path)
    if not isinstance(node, SequenceNode):
        return None
    if node.flow_style:
        at = node.value[-1].end_mark.index if node.value else node.start_mark.index + 1
        return _proved(text, text[:at] + (", " if node.value else "") + quoted(value) + text[at:], change)
    if not node.value:
        return None
    at = _line_end(text, node.value[-1].end_mark.index)
    begin = "" if text[:at].endswith("\n") else _newline(text)  # the file ends without a newline
    line = " " * node.start_mark.column + f"- {quoted(value)}" + _newline(text)
    return _proved(text, text[:at] + begin + line + text[at:], change)


def without_item(text: str, path: Path, index: int) -> str | None:
    """Take the item at `index` out of a list; None where that cannot be done by itself."""

    def change(data: dict[str, Any]) -> None:
        del _inner(data, path[:-1])[path[-1]][index]

    node = _node(text, path)
    if not isinstance(node, SequenceNode) or index >= len(node.value):
        return None
    item = node.value[index]
    start, end = item.start_mark.index, item.end_mark.index
    if not node.flow_style:
        start, end = text.rfind("\n", 0, start) + 1, _line_end(text, end)
    elif index + 1 < len(node.value):
        end = node.value[index + 1].start_mark.index
    elif index:
        start = node.value[index - 1].end_mark.index
    return _proved(text, text[:start] + text[end:], change)


def _proved(text: str, changed: str, change: Change) -> str | None:
    try:
        before = copy.deepcopy(parse("before", text.encode()).data)
        change(before)
        after = parse("after", changed.encode())
    except (ConfigProblems, LookupError, TypeError, AttributeError):
        return None
    return changed if after.data == before and not after.problems else None


def _node(text: str, path: Path) -> Node | None:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)  # its marks count characters
    except (yaml.YAMLError, RecursionError):
        return None
    for key in path:
        if not isinstance(node, MappingNode):
            return None
        node = next((value for name, value in node.value if name.value == key), None)
    return node


def _inner(data: dict[str, Any], path: Path) -> dict[str, Any]:
    for key in path:
        data = data[key]
    return data


def _block(text: str, values: Mapping[str, str | Sequence[str]], indent: int) -> str:
    return "".join(line + _newline(text) for line in block(values, indent))


def _plain(value: str | Sequence[str]) -> object:
    return value if isinstance(value, str) else list(value)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
