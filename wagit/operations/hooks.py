"""The git hooks: install, uninstall, and prove that they fire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.core.repository import Repository
from wagit.githooks import install as installing
from wagit.githooks import memory
from wagit.githooks import status as proving
from wagit.githooks.changes import Change
from wagit.githooks.status import HookStatus


class HookChange(NamedTuple):
    """What was, or with `dry_run` would be, done about one event."""

    event: str
    action: str  # install, refresh, remove, refuse
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.action} {self.event}: {self.detail}"


def install(repo: Repository, environ: Mapping[str, str], *, dry_run: bool = False) -> list[HookChange]:
    """Install the hooks beside whatever is there, or refresh them; the list is empty when all is current.

    Raises HooksNotWritable, GitFailed, GitMissing.
    """
    return _told(installing.plan(repo, environ) if dry_run else installing.install(repo, environ))


def uninstall(repo: Repository, environ: Mapping[str, str], *, dry_run: bool = False) -> list[HookChange]:
    """Remove the hooks; every other file is as it was. Raises HooksNotWritable, GitFailed, GitMissing."""
    return _told(installing.plan_uninstall(repo, environ) if dry_run else installing.uninstall(repo, environ))


def ensure(repo: Repository, environ: Mapping[str, str]) -> list[HookChange]:
    """Put back hooks that were installed and have gone; a few reads when all is well.

    Raises HooksNotWritable, GitFailed, GitMissing.
    """
    return _told(installing.ensure(repo, environ))


def keep(repo: Repository, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Put back what another tool overwrote, as a courtesy; say so, and never fail."""
    try:
        return tuple(
            f"git hooks put back: {change.event}: {change.detail}" for change in ensure(repo, environ)
        )
    except (WagitError, OSError) as error:
        return (f"the git hooks could not be put back: {error}",)


def installed(repo: Repository, environ: Mapping[str, str]) -> bool:
    """Whether the hooks of this worktree are as they were installed; reads only, `status` proves it."""
    return memory.is_installed(repo) and memory.is_current(repo, environ)


def status(repo: Repository, environ: Mapping[str, str]) -> list[HookStatus]:
    """Tell for each event how it is installed and whether it fires, by a probe.

    Raises GitFailed, GitMissing.
    """
    return proving.status(repo, environ)


def _told(changes: list[Change]) -> list[HookChange]:
    return [HookChange(change.event, change.action, change.where, change.detail) for change in changes]
