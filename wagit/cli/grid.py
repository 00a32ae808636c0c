"""A table without rich: ten thousand rows in a moment. Looks as `render.table` does."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from wagit.cli.front import WIDTH

GAPS = (3, 2)  # between columns, the first where there is room
LEAST = 6  # characters of a column that gives way


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]], *, giving_way: int) -> str:
    """Lay rows out below their columns; in a narrow terminal the last `giving_way` columns are cut."""
    cells = [columns, *rows]
    widths = [max(_length(row[i]) for row in cells) for i in range(len(columns))]
    room = shutil.get_terminal_size((WIDTH, 24)).columns
    between = len(columns) - 1
    gap = GAPS[sum(widths) + GAPS[0] * between > room]
    _give_way(widths, giving_way, room - gap * between)
    lines = [(" " * gap).join(map(_fitted, row, widths)).rstrip() for row in cells]
    lines.insert(1, "─" * (sum(widths) + gap * between))
    return "\n".join(lines)


def _give_way(widths: list[int], giving_way: int, room: int) -> None:
    """The widest of those that may be cut goes first."""
    flexible = range(len(widths) - giving_way, len(widths))
    while sum(widths) > room:
        widest = max(flexible, key=lambda i: widths[i])
        if widths[widest] <= LEAST:
            return
        widths[widest] -= 1


def _fitted(text: str, width: int) -> str:
    if _length(text) <= width:
        return text + " " * (width - _length(text))
    if text.isascii():
        return text[: width - 1] + "…"
    from rich.cells import set_cell_size

    return set_cell_size(text, width - 1) + "…"


def _length(text: str) -> int:
    """Columns of a terminal that text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def printable(text: str) -> str:
    """Text that does nothing to a terminal and can be encoded: other characters are escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)
