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


def find_plain(start: str, environ: Mapping[str, str]) -> Repository | None:
    """Find the repository around `start` by its files, without git; None wherever git might say otherwise.

    Which is: another owner, a bare repository, a config that names a worktree or includes more, a limit
    to the search, a file system's border, a git directory itself (git-config(1), gitrepository-layout(5)).
    """
    if "GIT_CEILING_DIRECTORIES" in environ or not hasattr(os, "geteuid"):
        return None
    directory = os.path.realpath(start)
    try:
        device = os.stat(directory).st_dev
        while not os.path.lexists(os.path.join(directory, ".git")):
            above = os.path.dirname(directory)
            if above == directory or _is_git_dir(directory) or os.stat(above).st_dev != device:
                return None
            directory = above
        repo = from_hook(directory, _git_dir_of(os.path.join(directory, ".git")))
        return repo if _is_plain(repo) else None
    except OSError:
        return None


def _git_dir_of(path: str) -> str:
    """What `.git` names: itself, or what is written in the file that a linked worktree has in its place."""
    if os.path.isdir(path):
        return path
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().removeprefix("gitdir: ").rstrip("\n")


def _is_plain(repo: Repository) -> bool:
    owners = {os.stat(path).st_uid for path in (repo.worktree, repo.git_dir, repo.common_dir)}
    if owners != {os.geteuid()} or not _is_git_dir(repo.common_dir):
        return False
    if repo.is_linked and _worktree_of(repo.git_dir) != repo.worktree:
        return False
    with open(os.path.join(repo.common_dir, "config"), "rb") as file:
        lines = file.read().lower().splitlines()
    bare = [line.partition(b"=")[2].strip() for line in lines if line.strip().startswith(b"bare")]
    return bare in ([], [b"false"]) and not any(b"worktree" in line or b"include" in line for line in lines)


def _is_git_dir(path: str) -> bool:
    return all(os.path.exists(os.path.join(path, name)) for name in ("HEAD", "objects", "refs"))


def worktrees(repo: Repository) -> list[Repository]:
    """All worktrees of the repository whose directories are still there, this one first."""
    found = [repo]
    main = os.path.dirname(repo.common_dir)
    if repo.is_linked and os.path.isdir(os.path.join(main, ".git")):
        found.append(Repository(main, repo.common_dir, repo.common_dir))
    names = os.path.join(repo.common_dir, "worktrees")
    for name in sorted(os.listdir(names)) if os.path.isdir(names) else ():
        git_dir = os.path.join(names, name)
        worktree = _worktree_of(git_dir)
        if git_dir != repo.git_dir and worktree is not None:
            found.append(Repository(worktree, git_dir, repo.common_dir))
    return found


def _worktree_of(git_dir: str) -> str | None:
    """The worktree a linked git directory belongs to, by its `gitdir` file (gitrepository-layout(5))."""
    try:
        with open(os.path.join(git_dir, "gitdir"), encoding="utf-8", errors="surrogateescape") as file:
            worktree = os.path.dirname(os.path.join(git_dir, file.read().rstrip("\n")))
    except OSError:
        return None
    return os.path.normpath(worktree) if os.path.isdir(worktree) else None


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
