"""Print the figures as one table, and write them with the machine's facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure

RESULTS = Path(__file__).parent / "results.json"
_VERDICTS = {True: "met", False: "MISSED", None: ""}


def show(figures: Iterable[Figure], facts: Mapping[str, Any]) -> None:
    """Print the table, one row a figure."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("what", "median", "cpu", "beside", "its median", "added", "ratio", "target", "verdict"):
        table.add_column(heading, justify="left" if heading in ("what", "beside", "verdict") else "right")
    group = None
    for one in figures:
        if group not in (None, one.group):
            table.add_section()
            table.add_row()
        group = one.group
        table.add_row(*_cells(one))
    console = Console(width=None if Console().is_terminal else 150, highlight=False)
    console.print(table)
    console.print("  ".join(f"{key}: {value}" for key, value in facts.items()), soft_wrap=True)


def write(figures: Iterable[Figure], facts: Mapping[str, Any], path: Path) -> None:
    """Write all of it as JSON."""
    content = {"machine": dict(facts), "figures": [one.as_json() for one in figures]}
    path.write_text(json.dumps(content, indent=1) + "\n")


def _cells(one: Figure) -> tuple[str, ...]:
    cpu = one.details.get("cpu")
    return (
        one.name, _number(one.value, one.unit), _number(cpu), one.peer, _number(one.peer_value, one.unit),
        _number(one.added, one.unit, "+"), "" if one.ratio is None else f"{one.ratio:.2f} x",
        str(one.target or ""), _VERDICTS[one.met],
    )  # fmt: skip


def _number(value: float | None, unit: str = "ms", sign: str = "") -> str:
    if value is None:
        return ""
    digits = 1 if abs(value) >= 100 else 2
    return f"{value:{sign}.{digits}f} {unit}"
