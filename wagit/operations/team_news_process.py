"""Look for news of the team: `team_news_process.py WORKTREE`, in a process alone, after a merge.

It says nothing, asks nobody for a password, and ends within PATIENCE, whatever the network does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

if __name__ == "__main__":  # -I leaves the standard library and site-packages on the path
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from wagit.core.errors import WagitError
from wagit.core.git import clean_environ
from wagit.core.locks import acquire
from wagit.operations import context as contexts
from wagit.operations import team_news
from wagit.operations.snapshot_process import NICENESS

PATIENCE = 30  # seconds
# git and ssh ask nobody: there is no terminal, and no window may open
SILENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS_REQUIRE": "never"}


def main(arguments: list[str]) -> int:
    """Look once; another one that looks already is enough. Returns 0 whatever comes."""
    [worktree] = arguments
    _detach()
    with contextlib.suppress(WagitError, OSError):
        context = contexts.open_at(worktree, clean_environ(os.environ) | SILENT)
        with acquire(f"{team_news.path_of(context.store)}.lock"):
            team_news.look(context)
    return 0


def _detach() -> None:
    """Keep nothing of git's caller, and take whatever was started along at the end of PATIENCE."""
    os.closerange(3, 1 << 16)
    os.chdir(os.path.abspath(os.sep))
    if hasattr(os, "setsid") and hasattr(signal, "alarm"):  # untested: Windows has none
        with contextlib.suppress(OSError):  # it leads a group of its own already
            os.setsid()
        os.nice(NICENESS)
        if os.getpgrp() == os.getpid():
            signal.signal(signal.SIGALRM, lambda *_: os.killpg(0, signal.SIGKILL))
        signal.alarm(PATIENCE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
