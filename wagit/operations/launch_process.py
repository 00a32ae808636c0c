"""Start the bot that `launch: auto` wants after a switch: `launch_process.py WORKTREE`, in a process alone.

What keeps it from starting is in the bot's log, and in `wagit status`: nobody waits for it.
"""

from __future__ import annotations

import contextlib
import os
import sys

if __name__ == "__main__":  # -P leaves this directory off the path
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from wagit.bots.log_rotation import RotatingLog
from wagit.bots.log_screen import LogScreen
from wagit.core import running
from wagit.core.errors import WagitError
from wagit.core.repository import Repository, find
from wagit.operations import context as contexts
from wagit.operations import run, trust, up
from wagit.operations.background import Asked, StartFailed


def main(arguments: list[str]) -> int:
    """Start it; return 0, or 1 when it may not or could not be started."""
    [worktree] = arguments
    os.closerange(3, 1 << 16)  # a pipe of git's caller
    os.chdir(os.path.abspath(os.sep))
    repo = None
    try:
        repo = find(worktree, os.environ)
        return _launch(repo)
    except (WagitError, OSError) as error:
        hint = error.hint if isinstance(error, WagitError) else ""
        if repo is not None and not isinstance(error, StartFailed):  # which the run told itself
            _log(repo, f"{error}; {hint}" if hint else str(error))
        return 1


def _launch(repo: Repository) -> int:
    context = contexts.open_at(repo.worktree, os.environ)
    allowed, waits = trust.effective_launch(context)
    if context.config.settings.launch != "auto":
        return 1  # what the hook had kept is out of date
    refused = waits or next(iter(run.questions(context)), "")
    if not allowed or refused:
        _log(repo, f"launch: auto starts no bot: {refused}")
        return 1
    up.up(context, Asked((), repo.worktree))
    return 0


def _log(repo: Repository, text: str) -> None:
    with contextlib.closing(RotatingLog(running.log_of(repo), lambda _: None)) as log:
        LogScreen(log).notice(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
