"""What `snapshots prune` keeps and why, as text for people. Nothing here decides anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagit.cli.grid import grid, printable
from wagit.cli.render import ago, bytes_text
from wagit.cli.render_snapshots import counted
from wagit.snapshots.resolve import short_ids

if TYPE_CHECKING:
    from wagit.operations.prune import Pruned, PrunedRow

_COLUMNS = ("slot", "snapshot", "taken", "tag", "size", "kept", "message")


def pruned(done: Pruned) -> str:
    """The table, and what it comes to."""
    if not done.snapshots:
        return "no snapshots yet"
    short = short_ids(row.snapshot for row in done.snapshots)
    cells = [_cells(row, short[row.snapshot]) for row in done.snapshots]
    return f"{grid(_COLUMNS, cells, giving_way=1)}\n{_sum(done)}"


def _cells(row: PrunedRow, short: str) -> tuple[str, ...]:
    why = ", ".join(row.reasons) if row.kept else "no: over the size" if row.reasons else "no"
    size = bytes_text(row.size)
    return (row.slot, short, ago(row.time), row.tag, size, why, printable(row.message))


def _sum(done: Pruned) -> str:
    freed = f"; {bytes_text(done.freed)} freed" if done.freed else ""
    if not done.pruned:
        number = len(done.snapshots)
        return f"{'the snapshot is' if number == 1 else f'all {number} snapshots are'} kept{freed}"
    what = f"{done.pruned} of {counted(len(done.snapshots), 'snapshot')}"
    if done.dry_run:
        return f"would let {what} go, {bytes_text(done.frees)}"
    if done.for_good:
        return f"let {what} go for good{freed}"
    back = "it comes back" if done.pruned == 1 else "they come back"
    return f"let {what} go, {bytes_text(done.frees)}; for 24 h {back} with: wagit undo{freed}"


def question(would: Pruned) -> str:
    """What to ask before."""
    what = f"{would.pruned} of {counted(len(would.snapshots), 'snapshot')}, {bytes_text(would.frees)}"
    return f"Let {what} go{', for good, with what was pruned in the last day' if would.for_good else ''}?"


def damaged(done: Pruned) -> list[str]:
    """A line for each damaged manifest: what to do about it."""
    names = [name.split("/") for name in done.damaged]
    return [
        f"{one} of {slot} is damaged, so no disk space is freed; drop it: wagit snapshots rm {slot} {one}"
        for slot, *_, one in names
    ]
