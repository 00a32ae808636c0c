"""What a snapshot's header tells of the data and of the repository."""

from __future__ import annotations

from wagit.core.git import GitFailed, run_git
from wagit.core.repository import Repository
from wagit.drivers.base import Driver
from wagit.snapshots.manifest import Header


def examine(driver: Driver, data: str, header: Header) -> Header:
    """Add whose login it is, and which browser wrote it."""
    identity = driver.identity(data)
    if identity is not None:
        header = header._replace(account=identity.account, device=identity.device)
    return header._replace(browser=driver.browser(data) or header.browser, backend=driver.backend(data))


def commit_of(repo: Repository, revision: str) -> str | None:
    """The short id of a revision, as git abbreviates it here; None where nothing is committed yet."""
    try:
        return run_git("rev-parse", "--short", revision, cwd=repo.worktree).strip() or None
    except GitFailed:
        return None
