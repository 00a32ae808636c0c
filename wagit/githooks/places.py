"""Where a worktree's hooks are, and whether wagit may write there."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from typing import Literal, NamedTuple

from wagit.core.git import run_git
from wagit.core.repository import Repository
from wagit.githooks.texts import HookFiles, is_shell

FIRST_GIT_WITH_CONFIG_HOOKS = (2, 54)


def hook_files(python: str = sys.executable) -> HookFiles:
    """Find the sh hooks: beside the package in a checkout, inside it when installed from a wheel."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sh = os.path.join(package, "githooks", "sh")
    if not os.path.isdir(sh):
        sh = os.path.join(os.path.dirname(package), "hooks")
    return HookFiles(os.path.abspath(python), package, sh)


class Found(NamedTuple):
    """A hook file as it is."""

    path: str
    kind: Literal["absent", "shell", "other", "asleep"]
    content: bytes
    mode: int


def look(path: str) -> Found:
    """Read a hook file. A link is never followed for writing: it counts as one wagit cannot add lines to.

    `asleep` is one that git ignores, since it is not executable. Raises OSError.
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return Found(path, "absent", b"", 0)
    mode = stat.S_IMODE(status.st_mode)
    if not (os.access(path, os.X_OK) and os.path.isfile(path)):
        return Found(path, "asleep", _read(path) if stat.S_ISREG(status.st_mode) else b"", mode)
    if not stat.S_ISREG(status.st_mode):
        return Found(path, "other", b"", mode)
    content = _read(path)
    return Found(path, "shell" if is_shell(content) else "other", content, mode)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def hooks_directory(repo: Repository, environ: Mapping[str, str] | None = None) -> str:
    """Where git looks for this worktree's hooks, by core.hooksPath and extensions.worktreeConfig too."""
    answer = run_git("rev-parse", "--git-path", "hooks", cwd=repo.worktree, environ=environ)
    return os.path.normpath(os.path.join(repo.worktree, answer))


def refusal(repo: Repository, path: str, environ: Mapping[str, str] | None = None) -> str:
    """Say why no path of this machine may be written into the hook file `path`; empty when it may."""
    directory = os.path.dirname(path)
    real = os.path.realpath(directory)
    if os.path.lexists(real) and not os.path.isdir(real):
        return f"core.hooksPath is {directory}, so git runs no hook files"
    if is_inside(real, repo.common_dir) or is_inside(real, repo.git_dir):
        return ""
    if _is_versioned(os.path.join(real, os.path.basename(path)), environ):
        return f"{directory} is versioned, so paths of this machine would be committed"
    if is_inside(real, repo.worktree) or _is_this_repositorys(repo, environ):
        return ""
    return f"{directory} lies outside this repository and others may use it"


def _is_this_repositorys(repo: Repository, environ: Mapping[str, str] | None) -> bool:
    """Whether this repository's own config, not the user's or a link, names the hooks directory."""
    answer = run_git(
        "config", "--show-scope", "--get", "core.hooksPath", cwd=repo.worktree, environ=environ, accept=(0, 1)
    )
    return answer.partition("\t")[0] in ("local", "worktree")


def _is_versioned(path: str, environ: Mapping[str, str] | None) -> bool:
    """Whether the file is committed in whatever worktree it lies in, or would be with its neighbours."""
    directory = os.path.dirname(path)
    if not os.path.isdir(directory):
        return False
    outside = (0, 1, 128)  # 1: nothing found, 128: not in a worktree
    if not run_git("ls-files", "--", directory, cwd=directory, environ=environ, accept=outside):
        return False
    return not run_git("check-ignore", "--", path, cwd=directory, environ=environ, accept=outside)


def is_inside(path: str, directory: str) -> bool:
    """Whether `path`, with links resolved, is in `directory`."""
    return path.startswith(os.path.join(os.path.realpath(directory), ""))
