"""What others wrote as JSON, read value by value: each has its kind and its bounds, else ValueError."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from wagit.config import slot_names
from wagit.team.head import Pushed
from wagit.team.remote import Blob

MOST = 1 << 53  # what every JSON reader takes exactly
LONGEST = 1000  # characters of a text for people
_DIGEST = re.compile("[0-9a-f]{64}")
# They move a terminal's cursor, or turn the direction of what follows.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def document(data: bytes) -> object:
    """One JSON value in ASCII, without NaN and the like, of no depth that breaks a reader."""
    try:
        return json.loads(data.decode("ascii"), parse_constant=_refused)
    except RecursionError as error:
        raise ValueError("too deep") from error


def dictionary(value: object, *names: str) -> dict[str, Any]:
    """A dictionary of exactly these keys."""
    if not isinstance(value, dict) or value.keys() != set(names):
        raise ValueError(f"not of {names}: {str(value)[:100]}")
    return value


def items(value: object, length: int) -> list[Any]:
    """A list of that many values."""
    if not isinstance(value, list) or len(value) != length:
        raise ValueError(f"not {length} values: {str(value)[:100]}")
    return value


def natural(value: object, most: int = MOST) -> int:
    """A whole number from 0 to `most`."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"no number up to {most}: {str(value)[:30]}")
    return value


def seconds(value: object) -> float:
    """A time not before the epoch, or a span; neither without end nor NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        raise ValueError(f"no time: {str(value)[:30]}")
    return float(value)


def truth(value: object) -> bool:
    """True or false."""
    if value is True or value is False:
        return value
    raise ValueError(f"neither true nor false: {str(value)[:30]}")


def text(value: object) -> str:
    """A text that can be shown to people."""
    if not isinstance(value, str) or len(value) > LONGEST or _UNSHOWABLE.search(value):
        raise ValueError(f"no text to show: {str(value)[:30]!r}")
    value.encode()  # no surrogates, which is a ValueError
    return value


def shown(value: str) -> str:
    """A text as `text` takes it, with what cannot be shown replaced and the rest of a long one left out."""
    return _UNSHOWABLE.sub("?", value)[:LONGEST].encode("utf-8", "replace").decode()


def text_or_none(value: object) -> str | None:
    """A text, or null."""
    return None if value is None else text(value)


def hexadecimal(value: object, digits: int) -> str:
    """That many hex digits in lower case."""
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{digits}}}", value):
        raise ValueError(f"not {digits} hex digits: {str(value)[:30]!r}")
    return value


def digest(value: object) -> str:
    """A SHA-256 or BLAKE3."""
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise ValueError(f"no digest: {str(value)[:30]!r}")
    return value


def slot(value: object) -> str:
    """A name that can be a slot's."""
    if not isinstance(value, str) or not slot_names.is_valid(value):
        raise ValueError(f"no slot: {str(value)[:30]!r}")
    return value


def blob(value: object) -> Blob:
    """`[name, size]`."""
    name, size = items(value, 2)
    return Blob(digest(name), natural(size))


def pushed(value: object) -> Pushed:
    """What is told of one push."""
    known = dictionary(value, *Pushed._fields)
    return Pushed(
        natural(known["number"]), natural(known["generation"]), seconds(known["time"]), text(known["by"]),
        text(known["host"]), natural(known["files"]), natural(known["size"]),
    )  # fmt: skip


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
