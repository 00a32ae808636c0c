"""What installing and removing hooks changes: planned as data, then done step by step.

Each step is atomic, and steps are ordered so that at every moment the hook that was there runs, or
wagit's with it behind.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wagit.core.atomic import atomic_write, rename_durably
from wagit.core.errors import WagitError
from wagit.core.git import run_git
from wagit.core.repository import Repository


class HooksNotWritable(WagitError):
    """A hook file or its directory cannot be changed."""

    code = "hooks-not-writable"


class MakeDirectory(NamedTuple):
    """Make a directory and those above it."""

    path: str
    mode: int


class WriteFile(NamedTuple):
    """Replace a file; a link is replaced, not followed."""

    path: str
    content: bytes
    mode: int


class KeepAs(NamedTuple):
    """Give a file a second name, before the first is replaced."""

    path: str
    kept: str


class Rename(NamedTuple):
    """Put a file back in its place."""

    source: str
    target: str


class RemoveFile(NamedTuple):
    """Delete a file that wagit made."""

    path: str


class RemoveDirectory(NamedTuple):
    """Delete a directory if nothing is in it."""

    path: str


class SetConfig(NamedTuple):
    """Run `git config --local` with these arguments."""

    arguments: tuple[str, ...]


Step = MakeDirectory | WriteFile | KeepAs | Rename | RemoveFile | RemoveDirectory | SetConfig


class Change(NamedTuple):
    """One hook that is installed, refreshed, removed or left alone, and how to do it."""

    event: str
    action: str  # install, refresh, remove, refuse
    where: str
    detail: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return f"{self.action} {self.event}: {self.detail}"


def apply(repo: Repository, changes: Iterable[Change], environ: Mapping[str, str] | None = None) -> None:
    """Do what was planned. Raises HooksNotWritable, GitFailed."""
    for change in changes:
        for step in change.steps:
            try:
                _do(repo, step, environ)
            except OSError as failed:
                raise HooksNotWritable(
                    f"{change.where} cannot be changed: {failed.strerror or failed}",
                    "make it writable for you, then run: wagit hooks install",
                ) from failed


def _do(repo: Repository, step: Step, environ: Mapping[str, str] | None) -> None:
    match step:
        case MakeDirectory(path, mode):
            os.makedirs(path, mode=mode, exist_ok=True)
        case WriteFile(path, content, mode):
            atomic_write(path, content, mode=mode & 0o700)
            os.chmod(path, mode)
        case KeepAs(path, kept):
            _keep(path, kept)
        case Rename(source, target):
            rename_durably(source, target)
        case RemoveFile(path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        case RemoveDirectory(path):
            with contextlib.suppress(OSError):
                os.rmdir(path)
        case SetConfig(arguments):
            run_git("config", "--local", *arguments, cwd=repo.worktree, environ=environ)


def _keep(path: str, kept: str) -> None:
    if os.path.lexists(kept) and os.path.samestat(os.lstat(path), os.lstat(kept)):
        return  # done before a crash
    try:
        os.link(path, kept, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, or not for links
        os.rename(path, kept)
