"""`wagit run --all`."""

from __future__ import annotations

from typing import NoReturn

from wagit.cli.front import Front
from wagit.core.errors import UsageError


def run(
    front: Front, command: tuple[str, ...], starts: int | None, *, every: bool, once: bool, yes: bool
) -> NoReturn:
    """Run the bots of all linked slots, and end as they did."""
    from wagit.operations import fleet

    if not every:
        raise UsageError("--at-once says how many of --all may start at the same time", "add --all")
    front.exit(fleet.run(front.context(), fleet.Ask(command, front.directory, yes, once, starts)))
