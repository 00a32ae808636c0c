"""What was done here, newest first."""

from __future__ import annotations

from typing import Any, NamedTuple

from wagit.core import journal
from wagit.core.clock import rfc3339
from wagit.operations import undo_history
from wagit.operations.context import Context


class Entry(NamedTuple):
    """One operation; `time` is RFC 3339 UTC. `number` is its place in the log, as `undo` takes it.

    `undone` is the number of the undo that has taken it back.
    """

    number: int
    time: str
    verb: str
    worktree: str
    branch: str | None
    cause: str
    detail: dict[str, Any]
    undone: int | None


def log(context: Context, limit: int = 20, *, here: bool = False) -> list[Entry]:
    """Return the last `limit` operations, newest first; `here` keeps those of this worktree."""
    operations = list(journal.read(context.store))
    undone = undo_history.undone_by(undo_history.read(operations))
    wanted = [
        Entry(
            number, rfc3339(op.time), op.verb, op.worktree, op.branch, op.cause, op.detail, undone.get(number)
        )
        for number, op in enumerate(operations, 1)
        if not here or op.worktree == context.repo.worktree
    ]
    return wanted[::-1][:limit] if limit > 0 else wanted[::-1]
