"""Snapshots as text for people. Nothing here decides anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagit.cli.render import ago, bytes_text

if TYPE_CHECKING:
    from wagit.operations.snapshots import Snapshotted

DIGITS = 8  # of an id; all of it is in JSON


def taken(done: Snapshotted) -> str:
    """One line of `snapshot`."""
    hot = ", hot" if done.tag == "hot" else ""
    what = f"{counted(done.files, 'file')}, {bytes_text(done.size)}"
    if done.dry_run:
        return f"would take a snapshot of {done.slot}{hot}: {what}, at most {bytes_text(done.added)} new"
    name = f"{(done.snapshot or '')[:DIGITS]} of {done.slot}"
    if not done.new:
        return f"nothing changed since snapshot {name}, {ago(done.time)}"
    return f"snapshot {name}{hot}: {what}, {bytes_text(done.added)} new"


def counted(number: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
