"""One line of `doctor`, and how a check becomes one whatever happens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from wagit.core.errors import WagitError

State = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """One line: what was looked at, what was found, and what to do about it."""

    name: str
    state: State
    found: str
    do: str = ""


def guarded(name: str, check: Callable[[], Check]) -> Check:
    """Do a check; one that cannot be done has failed, and says why."""
    try:
        return check()
    except WagitError as error:
        return Check(name, "fail", error.message, error.hint)
    except OSError as error:
        return Check(name, "fail", str(error), "check who owns that file and its directory")
