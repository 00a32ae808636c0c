"""Where a worktree, its git directory and the repository's common directory are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.errors import NotSetUp
from wagit.core.git import GitFailed, run_git


class Repository(NamedTuple):
    """One worktree of a repository; all paths absolute."""

    worktree: str
    git_dir: str
    common_dir: str

    @property
    def state_dir(self) -> str:
        """The directory of what wagit knows about this worktree alone: binding and routes."""
        return os.path.join(self.git_dir, "wagit")

    @property
    def is_linked(self) -> bool:
        """Whether this is a worktree made by `git worktree add`."""
        return self.git_dir != self.common_dir


class NotARepository(NotSetUp):
    """The directory is in no git worktree."""

    code = "not-a-repository"


class BareRepository(NotSetUp):
    """The repository has no worktree, so no branch is checked out."""

    code = "bare-repository"


def find(start: str, environ: Mapping[str, str] | None = None) -> Repository:
    """Find the repository around `start`.

    Raises NotARepository, BareRepository, GitMissing.
    """
    try:
        answer = run_git(
            "rev-parse", "--path-format=absolute", "--is-bare-repository", "--git-dir", "--git-common-dir",
            cwd=start, environ=environ,
        )  # fmt: skip
    except GitFailed as failed:
        raise NotARepository(
            f"{start} is not in a git repository", "run wagit inside one, or name it with -C"
        ) from failed
    bare, git_dir, common_dir = answer.split("\n")
    if bare == "true":
        raise BareRepository(
            f"{git_dir} is a bare repository", "run wagit in a worktree of it: git worktree add DIR"
        )
    try:
        worktree = run_git(
            "rev-parse", "--path-format=absolute", "--show-toplevel", cwd=start, environ=environ
        )
    except GitFailed as failed:
        raise NotARepository(
            f"{start} is inside a git directory, not in a worktree", "change to the worktree"
        ) from failed
    return Repository(worktree, git_dir, common_dir)


def from_hook(worktree: str, git_dir: str) -> Repository:
    """Build the repository a hook runs for from files alone: no git is started.

    A linked worktree's git directory names the common one in `commondir` (gitrepository-layout(5)).
    """
    directory = os.path.realpath(os.path.join(worktree, git_dir))
    try:
        with open(os.path.join(directory, "commondir"), encoding="utf-8", errors="surrogateescape") as file:
            common = os.path.realpath(os.path.join(directory, file.read().rstrip("\n")))
    except FileNotFoundError:
        common = directory
    return Repository(worktree, directory, common)
