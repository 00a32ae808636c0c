"""The control socket of a run: `wagit.core.control` says what it understands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from wagit.core.repository import Repository
from wagit.operations.joined import Joined


@contextmanager
def attach(joined: Joined) -> Iterator[None]:
    """Answer at the control socket until the run ends."""
    del joined
    yield


def path_of(repo: Repository) -> str:
    """Where the supervisor of a worktree listens."""
    return os.path.join(repo.state_dir, "control")
