"""What was done here, newest first."""

from __future__ import annotations

from typing import Any, NamedTuple

from wagit.core import journal
from wagit.core.clock import rfc3339
from wagit.operations.context import Context


class Entry(NamedTuple):
    """One operation; `time` is RFC 3339 UTC."""

    time: str
    verb: str
    worktree: str
    branch: str | None
    cause: str
    detail: dict[str, Any]


def log(context: Context, limit: int = 20, *, here: bool = False) -> list[Entry]:
    """Return the last `limit` operations, newest first; `here` keeps those of this worktree."""
    done = [op for op in journal.read(context.store) if not here or op.worktree == context.repo.worktree]
    newest = reversed(done[-limit:]) if limit > 0 else reversed(done)
    return [Entry(rfc3339(op.time), op.verb, op.worktree, op.branch, op.cause, op.detail) for op in newest]
