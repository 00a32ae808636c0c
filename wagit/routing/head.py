"""The effective branch: what the user is working on, also in the middle of a rebase or a bisect."""

from __future__ import annotations

import os
from typing import Literal, NamedTuple

from wagit.core.git import run_git
from wagit.core.repository import Repository

How = Literal["attached", "rebase", "bisect", "detached"]
REFTABLE_HEAD = "refs/heads/.invalid"  # what HEAD reads in every reftable repository, see git's reftable docs


class Head(NamedTuple):
    """The effective branch, and how it is known; `branch` is None only when HEAD is plainly detached."""

    branch: str | None
    how: How


def read_head(repo: Repository) -> Head:
    """Read the effective branch from the worktree's git directory.

    Attached HEAD; else the branch a rebase began on (`head-name`); else the one a bisect began on
    (`BISECT_START`); else detached. Only a reftable repository needs the git program.
    """
    branch = _attached_branch(repo)
    if branch is not None:
        return Head(branch, "attached")
    for state in ("rebase-merge", "rebase-apply"):
        name = _read(os.path.join(repo.git_dir, state, "head-name"))
        if name.startswith("refs/heads/"):
            return Head(name.removeprefix("refs/heads/"), "rebase")
    started = _read(os.path.join(repo.git_dir, "BISECT_START"))
    if started and not _is_object_name(started):
        return Head(started.removeprefix("refs/heads/"), "bisect")
    return Head(None, "detached")


def _attached_branch(repo: Repository) -> str | None:
    path = os.path.join(repo.git_dir, "HEAD")
    target = os.readlink(path) if os.path.islink(path) else _read(path).removeprefix("ref: ")
    if target == REFTABLE_HEAD:
        target = run_git("symbolic-ref", "-q", "HEAD", cwd=repo.worktree, accept=(0, 1))
    return target.removeprefix("refs/heads/") if target.startswith("refs/heads/") else None


def _is_object_name(text: str) -> bool:
    return len(text) in (40, 64) and all(character in "0123456789abcdef" for character in text)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().rstrip("\n")
    except (FileNotFoundError, NotADirectoryError):
        return ""
