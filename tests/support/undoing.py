"""`wagit undo` in tests: that it works, or that it is refused and changes nothing."""

from __future__ import annotations

from typing import Any

from tests.support.sessions import Sessions
from tests.support.setup import data_of, error_of, wagit
from wagit.snapshots import check


def ok(sessions: Sessions, *arguments: str) -> None:
    """Run a verb that must succeed."""
    ran = wagit(sessions.path, *arguments)
    assert ran.status == 0, ran


def undo(sessions: Sessions, *arguments: str) -> dict[str, Any]:
    """Take something back; every snapshot must verify afterwards."""
    done: dict[str, Any] = data_of(sessions.path, "undo", "--yes", *arguments)
    assert check.check_all(sessions.store) == {}
    return done


def refused(sessions: Sessions, *arguments: str) -> str:
    """The message of an undo that must be refused, having changed nothing."""
    before = sessions.everything
    error = error_of(sessions.path, "undo", "--yes", *arguments)
    assert (error["code"], error["status"]) == ("cannot-undo", 1), error
    assert error["hint"]
    assert sessions.everything == before
    return str(error["message"])


def number_of(sessions: Sessions, verb: str) -> str:
    """The number of the newest operation of a verb."""
    return next(str(entry["number"]) for entry in data_of(sessions.path, "log") if entry["verb"] == verb)
