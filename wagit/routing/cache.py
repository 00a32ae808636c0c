"""The route cache, which lets the sh hook decide with builtins alone. Formats: docs/architecture.md.

`route` tells which slot the worktree is completely switched to and which config files decided that;
`routes/<branch>` tells the slot of a branch seen before. Both are hints: losing them costs a resolve.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from typing import NamedTuple

from wagit.config.digest import ConfigFile
from wagit.core.atomic import temporary_beside
from wagit.core.repository import Repository


class Target(NamedTuple):
    """All that switching needs to know of a route, so that a branch seen before needs no config."""

    slot: str
    driver: str
    link: str | None
    rule: int | None
    reason: str
    notice: str = ""


def remember(repo: Repository, branch: str, digest: str, target: Target, as_of: float) -> None:
    """Keep `target` as the answer for `branch` while the config's digest stays `digest`.

    The file is dated `as_of`, the time before the config was read, so that a config saved while it
    was being resolved counts as newer.
    """
    path = _branch_path(repo, branch)
    text = f"{target.slot}\n{digest}\n{json.dumps(target)}\n"
    try:
        _put(path, text, as_of)
    except (NotADirectoryError, FileExistsError, IsADirectoryError):
        forget(repo)  # a branch `a` seen earlier stands where `a/b` needs a directory
        with contextlib.suppress(OSError):
            _put(path, text, as_of)


def recall(repo: Repository, branch: str, digest: str) -> Target | None:
    """Return the target kept for `branch` when the config is still the same."""
    try:
        with open(_branch_path(repo, branch), encoding="utf-8", errors="surrogateescape") as file:
            _, kept, target = file.read().splitlines()
            return Target(*json.loads(target)) if kept == digest else None
    except (OSError, ValueError, TypeError):
        return None


def forget(repo: Repository) -> None:
    """Drop every kept answer of this worktree."""
    import shutil

    shutil.rmtree(os.path.join(repo.state_dir, "routes"), ignore_errors=True)


def complete(repo: Repository, slot: str, files: Iterable[ConfigFile]) -> None:
    """Say that the worktree is completely switched to `slot`, as decided by `files`."""
    lines = [slot, *(("=" if file.existed else "!") + file.path for file in files)]
    _put(os.path.join(repo.state_dir, "route"), "\n".join(lines) + "\n")


def begin(repo: Repository) -> None:
    """Say that a switch is under way: every hook asks again until `complete`."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(repo.state_dir, "route"))


def completed_slot(repo: Repository) -> str | None:
    """The slot this worktree is completely switched to; None while a switch is under way."""
    try:
        with open(os.path.join(repo.state_dir, "route"), encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().rstrip("\n")
    except OSError:
        return None


def _branch_path(repo: Repository, branch: str) -> str:
    return os.path.join(repo.state_dir, "routes", *branch.split("/"))


def _put(path: str, text: str, as_of: float | None = None) -> None:
    """Replace by rename without fsync: a cache that a power cut empties only costs a resolve."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = temporary_beside(path)
    with open(temporary, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    if as_of is not None:
        os.utime(temporary, (as_of, as_of))
    os.replace(temporary, path)
