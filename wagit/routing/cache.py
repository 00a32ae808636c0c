"""The route cache, which lets the sh hook decide with builtins alone. Formats: docs/architecture.md.

`route` tells which slot the worktree is completely switched to, where its link leads and which config
files decided that, `seen` how old these were; `routes/<branch>` tells the slot of a branch seen before.
All are hints: losing them costs a resolve.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import NamedTuple

from wagit.config.digest import Decided
from wagit.core.atomic import temporary_beside
from wagit.core.repository import Repository

# Seconds by which a file's date may be behind the clock: the kernel dates files by its tick, 100 a second
# at the slowest (linux/kernel/time/timekeeping.c, ktime_get_coarse_real_ts64).
TICK = 0.01


class Target(NamedTuple):
    """All that switching needs to know of a route, so that a branch seen before needs no config.

    `new` is what the slot starts with where it is new, as the config says it. `launch`: a switch to the slot
    starts its bot.
    """

    slot: str
    driver: str
    link: str | None
    rule: int | None
    reason: str
    new: str = "fresh"
    notice: str = ""
    launch: bool = False


def remember(repo: Repository, branch: str, digest: str, target: Target, as_of: float) -> None:
    """Keep `target` as the answer for `branch` while the config's digest stays `digest`.

    The file is dated to before `as_of`, the time before the config was read, so that a config saved
    while it was being resolved counts as newer.
    """
    dated = int((as_of - TICK) * 1e9)
    path = _branch_path(repo, branch)
    text = f"{target.slot}\n{digest}\n{json.dumps(target)}\n"
    try:
        _put(path, text, dated)
    except (NotADirectoryError, FileExistsError, IsADirectoryError):
        forget(repo)  # a branch `a` seen earlier stands where `a/b` needs a directory
        with contextlib.suppress(OSError):
            _put(path, text, dated)


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


def complete(repo: Repository, slot: str, decided: Decided, link: str | None, target: str) -> None:
    """Say that the worktree is completely switched to `slot`, as decided, and its link leads to `target`."""
    lines = [slot, decided.digest]
    if link is not None:
        lines += ["@" + link, ">" + target]
    lines += [("=" if file.existed else "!") + file.path for file in decided.files]
    _note_dates(repo, [file.path for file in decided.files if file.existed])
    _put(os.path.join(repo.state_dir, "route"), "\n".join(lines) + "\n")


def _note_dates(repo: Repository, paths: list[str]) -> None:
    """Keep a file of the same date for each path: `mv` and `cp -p` bring configs that are older than a route.

    The n-th has a name of n characters, which sh can make without arithmetic.
    """
    directory = os.path.join(repo.state_dir, "seen")
    os.makedirs(directory, exist_ok=True)
    for count, path in enumerate(paths, 1):
        with contextlib.suppress(FileNotFoundError):  # the route misses it, too
            dated = os.stat(path).st_mtime_ns
            _put(os.path.join(directory, "1" * count), "", dated)


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


def _put(path: str, text: str, dated: int | None = None) -> None:
    """Replace by rename without fsync: a cache that a power cut empties only costs a resolve."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = temporary_beside(path)
    try:
        with open(temporary, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        if dated is not None:
            os.utime(temporary, ns=(dated, dated))
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # a full disk, or a directory in its place
        raise
