"""Turn what `undo` returns into text for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wagit.cli.render import ago

if TYPE_CHECKING:
    from wagit.operations.undo import Choice, Undone


def listing(rows: Sequence[Choice]) -> str:
    """Two lines an operation, newest first: what it was, and what undo would do or why it cannot."""
    lines = []
    for row in rows:
        lines.append(f"{row.number:>4}  {row.what}, {ago(row.time)}  [{row.cause}]")
        lines.append(f"      {'would ' + row.does if row.does else 'cannot: ' + str(row.cannot)}")
    return "\n".join(lines) or "nothing was done here that could be taken back"


def question(chosen: Choice) -> str:
    """What is asked before an operation is taken back."""
    return f"Take back {chosen.number} ({chosen.what}), {ago(chosen.time)}: {chosen.does}?"


def undone(done: Undone) -> str:
    """What was done, and how to do the operation again."""
    if done.dry_run:
        return f"would take back {done.number} ({done.what}): {done.does}"
    return f"took back {done.number} ({done.what}): {done.does}\nto do it again: wagit undo {done.undo}"
