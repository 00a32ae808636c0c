"""Which supervisor runs in a worktree, and where its socket, its lock and its logs are. Light: hooks ask.

The lock says it: the kernel drops it with the process, so a killed run leaves nothing behind that counts.
"""

from __future__ import annotations

import os

from wagit.core.locks import Holder, holder_of
from wagit.core.repository import Repository


def socket_of(repo: Repository) -> str:
    """The control socket, 0600: see `wagit.core.control`."""
    return os.path.join(repo.state_dir, "control")


def lock_of(repo: Repository) -> str:
    """The lock that a supervisor holds for as long as it runs."""
    return os.path.join(repo.state_dir, "control.lock")


def standings_of(repo: Repository) -> str:
    """What was last known of the worktree's bots."""
    return os.path.join(repo.state_dir, "standing.json")


def log_of(repo: Repository) -> str:
    """What a bot in the background wrote, and wagit's notices between."""
    return os.path.join(repo.state_dir, "logs", "bot.log")


def own_log_of(repo: Repository) -> str:
    """What a run in the background itself wrote: mostly nothing."""
    return os.path.join(repo.state_dir, "logs", "wagit.log")


def supervisor(repo: Repository) -> Holder | None:
    """Who supervises the worktree's bot now; None when nobody does."""
    try:
        return holder_of(lock_of(repo))
    except OSError:
        return None  # no such directory, or not ours to read
