"""The log of operations, `operations.jsonl`: what was done, when, from what to what. Appended only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from wagit.core.atomic import append_line
from wagit.core.store import Store


class Operation(NamedTuple):
    """One line of the log. `time` is in seconds since the epoch, `detail` depends on `verb`."""

    time: float
    verb: str
    worktree: str
    branch: str | None
    cause: str
    detail: dict[str, Any]


def record(store: Store, operation: Operation) -> None:
    """Append an operation, durably. Raises OSError."""
    append_line(store.operations(), json.dumps(operation._asdict()).encode())


def read(store: Store) -> Iterator[Operation]:
    """Yield all operations, oldest first; a line torn by a power cut is passed over."""
    try:
        with open(store.operations(), "rb") as file:
            for line in file:
                operation = _parse(line)
                if operation is not None:
                    yield operation
    except FileNotFoundError:
        return


def _parse(line: bytes) -> Operation | None:
    try:
        return Operation(**json.loads(line))
    except (ValueError, TypeError):
        return None
