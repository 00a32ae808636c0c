"""JSON as node reads it, judged by its bytes: cut short told from damaged, without building what is in it."""

from __future__ import annotations

import codecs
import json
import re
from typing import Literal, NamedTuple

# A larger file is looked at token by token only: as Python's objects it would need many times its size.
LARGE = 1 << 20  # bytes
DEEPEST = 64  # Baileys nests up to 7 levels
_TEXT = rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+'
_TOKEN = re.compile(
    rb"[ \t\n\r]*+(?:([{\[])|([}\]])|(,)|(:)|("
    + _TEXT
    + rb'")|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+|true|false|null))'
)
_SPACE = re.compile(rb"[ \t\n\r]*+")
# What a token may be when the end of the file cut it.
_PART = re.compile(
    rb"[ \t\n\r]*+(?:"
    + _TEXT
    + rb"(?:\\(?:u[0-9a-fA-F]{0,3})?)?|-|\.|[eE][-+]?|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)?\Z"
)

Trouble = Literal["", "empty", "cut", "damaged", "trailing", "deep"]


class Parsed(NamedTuple):
    """A document, or what is wrong with it and where.

    `trouble` is empty for a whole document; `value` is then what is in it, and `large` says that it was not
    built. `offset` is where the trouble begins; for `trailing`, a whole document ends there.
    """

    value: object = None
    trouble: Trouble = ""
    offset: int = 0
    large: bool = False

    @property
    def what(self) -> str:
        """The trouble in words that follow a file's name."""
        return {
            "": "is whole",
            "empty": "is empty",
            "cut": f"is cut short: its JSON does not end within {self.offset} bytes",
            "damaged": f"is no JSON from byte {self.offset} on",
            "trailing": f"goes on after its JSON ended at byte {self.offset}",
            "deep": f"is nested deeper than {DEEPEST} levels at byte {self.offset}",
        }[self.trouble]


def parse(data: bytes) -> Parsed:
    """Parse a file. Raises nothing, and needs no more than a constant for a large one."""
    shape = _scan(data)
    if shape.trouble not in ("", "trailing"):
        return shape
    bad = _first_bad_text(data, shape.offset or len(data))
    if bad is not None:
        return Parsed(None, "damaged", bad)
    if shape.trouble:
        return shape
    if len(data) > LARGE:
        return Parsed(large=True)
    return Parsed(json.loads(data, parse_int=_number))


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)  # as in node, and no limit on digits


def _first_bad_text(data: bytes, end: int) -> int | None:
    """Where bytes before `end` are no UTF-8: node would read them as U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, end, LARGE):
        try:
            decoder.decode(data[start : min(start + LARGE, end)], final=start + LARGE >= end)
        except UnicodeDecodeError as error:
            return max(0, start + error.start)
    return None


# What may come next, by the kinds of tokens in _TOKEN: 1 opens, 2 closes, 3 comma, 4 colon, 5 text, 6 other.
_VALUE, _VALUE_OR_END, _KEY, _KEY_OR_END, _COLON, _AFTER = "156", "1256", "5", "25", "4", "23"


def _scan(data: bytes) -> Parsed:
    opened = bytearray()
    expected = _VALUE
    at = 0
    while match := _TOKEN.match(data, at):
        kind = match.lastindex or 0
        start, end = match.span(kind)
        if str(kind) not in expected:
            return Parsed(None, "damaged", start)
        if kind == 1:
            opened.append(data[start])
            if len(opened) > DEEPEST:
                return Parsed(None, "deep", start)
            expected = _VALUE_OR_END if data[start] == 0x5B else _KEY_OR_END
        elif kind == 2:
            if data[start] != opened.pop() + 2:
                return Parsed(None, "damaged", start)
            expected = _AFTER
        elif kind in {3, 4}:
            expected = _KEY if kind == 3 and opened[-1] == 0x7B else _VALUE
        else:
            expected = _COLON if expected in {_KEY, _KEY_OR_END} else _AFTER
        at = end
        if expected == _AFTER and not opened:
            return _ended(data, at)
    return _broken_off(data, at)


def _ended(data: bytes, at: int) -> Parsed:
    space = _SPACE.match(data, at)
    assert space is not None
    return Parsed() if space.end() == len(data) else Parsed(None, "trailing", at)


def _broken_off(data: bytes, at: int) -> Parsed:
    if not data:
        return Parsed(None, "empty")
    if _PART.match(data, at):
        return Parsed(None, "cut", len(data))
    return Parsed(None, "damaged", at)
