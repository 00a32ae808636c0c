"""`wagit run --all`."""

from __future__ import annotations

import os
from typing import NoReturn

from wagit.cli.front import Front
from wagit.core.errors import UsageError


def run(
    front: Front, command: tuple[str, ...], starts: int | None, *, every: bool, once: bool, yes: bool
) -> NoReturn:
    """Run the bots of all linked slots, and end as they did."""
    from wagit.bots.log_screen import LogScreen
    from wagit.cli.passphrase import asker
    from wagit.operations import background, fleet

    if not every:
        raise UsageError("--at-once says how many of --all may start at the same time", "add --all")
    context, ask = front.context(), fleet.Ask(command, front.directory, yes, once, starts, asker(front))
    with background.screen(context.repo, os.environ) as screen:
        log = screen if isinstance(screen, LogScreen) else None
        front.exit(fleet.run(context, ask, log, log.write if log is not None else None))
