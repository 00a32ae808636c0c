"""What wagit remembers of an installation, in `wagit/hooks.json`, to notice that it has gone."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.repository import Repository
from wagit.githooks import texts
from wagit.githooks.texts import EVENTS, HookFiles


class Installed(NamedTuple):
    """One worktree's part: its hooks directory, whether wagit may not write there, and config stamps."""

    directory: str
    refused: bool
    configs: Mapping[str, list[int]]


class Memory(NamedTuple):
    """An installation: how, for which interpreter, and where in each worktree (by its git directory)."""

    how: str = ""
    python: str = ""
    home: str = ""
    worktrees: Mapping[str, Installed] = {}
    directories: tuple[str, ...] = ()  # every hooks directory wagit wrote into
    made: tuple[str, ...] = ()  # directories that were not there


def recall(repo: Repository) -> Memory:
    """Return what was remembered, an empty memory when nothing is or the file cannot be read."""
    try:
        with open(_file(repo), encoding="utf-8", errors="surrogateescape") as file:
            kept = json.load(file)
        worktrees = {git_dir: Installed(**known) for git_dir, known in kept["worktrees"].items()}
        return Memory(
            kept["how"],
            kept["python"],
            kept["home"],
            worktrees,
            tuple(kept["directories"]),
            tuple(kept["made"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Memory()


def remember(repo: Repository, how: str, files: HookFiles, here: Installed, made: list[str]) -> None:
    """Note an installation of this worktree beside those of others. Raises OSError."""
    before = recall(repo)
    worktrees = {**before.worktrees, repo.git_dir: here}
    kept = {
        "how": how,
        "python": files.python,
        "home": files.home,
        "worktrees": {git_dir: known._asdict() for git_dir, known in worktrees.items()},
        "directories": list(dict.fromkeys([*before.directories, here.directory])),
        "made": list(dict.fromkeys([*before.made, *made])),
    }
    os.makedirs(os.path.dirname(_file(repo)), mode=0o700, exist_ok=True)
    atomic_write(_file(repo), json.dumps(kept, indent=1).encode("utf-8", "surrogateescape") + b"\n")


def forget(repo: Repository) -> None:
    """Drop the memory, and the directory if nothing else is in it."""
    with contextlib.suppress(OSError):
        os.unlink(_file(repo))
        os.rmdir(os.path.dirname(_file(repo)))


def is_installed(repo: Repository) -> bool:
    """Whether hooks were installed in this repository and not removed."""
    return os.path.exists(_file(repo))


def is_current(repo: Repository, environ: Mapping[str, str] | None = None) -> bool:
    """Whether the hooks of this worktree are as they were installed. Reads a few files, starts nothing."""
    known = recall(repo)
    here = known.worktrees.get(repo.git_dir)
    if here is None or here.configs != stamps(repo, environ):
        return False
    if not os.access(known.python, os.X_OK) or not os.path.isdir(known.home):
        return False
    if known.how == "config" or here.refused:
        return True
    return all(_has_block(here.directory, event) for event in EVENTS)


def _has_block(directory: str, event: str) -> bool:
    try:
        with open(os.path.join(directory, event), "rb") as file:
            content = file.read()
    except OSError:
        return False
    return texts.has_block(content) or texts.has_portable_line(content, event)


def stamps(repo: Repository, environ: Mapping[str, str] | None = None) -> dict[str, list[int]]:
    """Size and mtime (ns) of the config files that can move or switch off the hooks."""
    variables = os.environ if environ is None else environ
    home = variables.get("HOME", "")
    paths = [
        os.path.join(repo.common_dir, "config"),
        os.path.join(repo.git_dir, "config.worktree"),
        variables.get("GIT_CONFIG_GLOBAL") or os.path.join(home, ".gitconfig"),
        os.path.join(variables.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "git", "config"),
    ]
    return {path: _stamp(path) for path in paths}


def _stamp(path: str) -> list[int]:
    try:
        status = os.stat(path)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def _file(repo: Repository) -> str:
    return os.path.join(repo.common_dir, "wagit", "hooks.json")
