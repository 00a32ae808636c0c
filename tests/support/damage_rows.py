"""Rows of the damage matrix, and those that were measured last: docs/reference/damage.md shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

KEPT = Path(__file__).parents[1] / "docs" / "damage.json"
SIZES = (0, 20, 150)  # MB


class Row(NamedTuple):
    """One damage to a session of `size` MB: what Chromium did, and what a check found before.

    `first` and `second` start: `ready`, `rows lost`, `login lost`. `found` are the codes of what costs
    the login or rows, with the history of the undamaged session, `alone` those without it.
    """

    size: int
    file: str
    damage: str
    same: bool  # the damage left the very same bytes
    first: str
    second: str
    found: list[str]
    alone: list[str]

    @property
    def missed(self) -> bool:
        """Whether something was lost that no check had found."""
        return not self.harmless and not self.found

    @property
    def harmless(self) -> bool:
        """Whether Chromium lost nothing."""
        return self.first == self.second == "ready"


def kept() -> list[Row]:
    """The rows as they were measured last."""
    return [Row(**row) for row in json.loads(KEPT.read_text(encoding="utf-8"))] if KEPT.exists() else []


def keep(rows: Iterable[Row]) -> None:
    """Keep these rows instead."""
    lines = ",\n".join(json.dumps(row._asdict()) for row in sorted(rows, key=lambda row: row.size))
    KEPT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
