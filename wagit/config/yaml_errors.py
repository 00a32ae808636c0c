"""Say in plain words where and why a file is no YAML."""

from __future__ import annotations

import re

import yaml
from yaml.reader import ReaderError

from wagit.config.problems import Problem
from wagit.config.values import shown

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def explain(file: str, text: str, error: yaml.YAMLError) -> Problem:
    """Turn the parser's error into a problem with line and column."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line, column = error.problem_mark.line, error.problem_mark.column
        why = _why(text, line, column, error)
        return Problem(file, line + 1, "", f"is not valid YAML at column {column + 1}: {why}")
    found = _FORBIDDEN.search(text) if isinstance(error, ReaderError) else None
    if found is not None:
        start = found.start()
        column = start - text.rfind("\n", 0, start)
        line = text.count("\n", 0, start) + 1
        return Problem(file, line, "", f"has a control character at column {column}: {shown(found[0])}")
    return Problem(file, 0, "", f"is not valid YAML: {' '.join(str(error).split())}")


def _why(text: str, line: int, column: int, error: yaml.MarkedYAMLError) -> str:
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    here = lines[line][column : column + 1] if line < len(lines) else ""
    if error.problem == "found character that cannot start any token":
        if here == "\t":
            return "a tab; indent with spaces"
        return f"a value cannot start with {here!r}; put it in quotes"
    if error.problem == "mapping values are not allowed in this context":
        return "a ':' does not belong here; check the indentation, or put the value in quotes"
    return f"{error.problem} {error.context or ''}".strip()
