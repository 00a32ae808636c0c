"""Prove that the hooks fire: each is run by git itself with WAGIT_PROBE set, and must leave its name."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.git import GitFailed, clean_environ, git_version, run_git
from wagit.core.repository import Repository
from wagit.githooks import config_entries, memory, texts
from wagit.githooks.files import MOVED_BY_OTHERS
from wagit.githooks.install import best_way
from wagit.githooks.places import Found, hooks_directory, look
from wagit.githooks.texts import EVENTS

FIRST_GIT_WITH_HOOK_RUN = (2, 36)
PROBE_SECONDS = 30
ARGUMENTS = {"post-checkout": ("0" * 40, "0" * 40, "0"), "post-merge": ("0",), "post-rewrite": ("amend",)}
NEIGHBOURS = (
    (b"pre-commit.com", "pre-commit"),
    (b"lefthook", "lefthook"),
    (b"git lfs", "git-lfs"),
    (b'/h"', "husky"),
)


class HookStatus(NamedTuple):
    """How one event is installed, whether it was seen to fire, and what else runs on it."""

    event: str
    how: str  # config, block, shim, line, behind (in a file another tool calls), none
    where: str
    fires: bool
    neighbours: tuple[str, ...]
    note: str = ""

    def __str__(self) -> str:
        beside = f", beside {', '.join(self.neighbours)}" if self.neighbours else ""
        fires = "fires" if self.fires else "DOES NOT FIRE"
        note = f"; {self.note}" if self.note else ""
        return f"{self.event}: {fires} ({self.how} in {self.where}{beside}){note}"


def status(repo: Repository, environ: Mapping[str, str] | None = None) -> list[HookStatus]:
    """Tell how each event stands, proved by a probe that runs nobody else's hooks where it can.

    Raises GitFailed, GitMissing.
    """
    existing = config_entries.entries(repo, environ)
    directory = hooks_directory(repo, environ)
    return [
        _status_of(repo, event, os.path.join(directory, event), event in existing, environ)
        for event in EVENTS
    ]


def _status_of(
    repo: Repository, event: str, path: str, in_config: bool, environ: Mapping[str, str] | None
) -> HookStatus:
    found = look(path)
    how = _how(event, found, in_config)
    fires = how != "none" and probe(repo, event, path, environ)
    where = f"git config hook.wagit-{event}" if how == "config" else path
    neighbours = (*_neighbours(found), *config_entries.others(repo, event, environ))
    note = "" if fires else _note(repo, found, how, neighbours, environ)
    return HookStatus(event, how, where, fires, neighbours, note)


def _how(event: str, found: Found, in_config: bool) -> str:
    if in_config:
        return "config"
    if texts.has_block(found.content):
        return "block" if texts.original_of(found.content) is None else "shim"
    if texts.has_portable_line(found.content, event):
        return "line"
    behind = any(texts.has_block(look(found.path + suffix).content) for suffix in MOVED_BY_OTHERS)
    return "behind" if behind else "none"


def _neighbours(found: Found) -> tuple[str, ...]:
    """Whose hook lives in the file; `own` is the user's."""
    rest = texts.remove(found.content)
    if texts.original_of(found.content) is not None:
        return ("own",)
    named = tuple(name for mark, name in NEIGHBOURS if mark in rest)
    lines = [line for line in rest.splitlines() if line.strip() and not line.startswith(b"#")]
    return named or (("own",) if lines or found.kind == "other" else ())


def _note(
    repo: Repository, found: Found, how: str, neighbours: tuple[str, ...], environ: Mapping[str, str] | None
) -> str:
    if how == "config" and best_way(repo, environ) == "file":
        return "this git runs no hooks from config: run wagit hooks install"
    known = memory.recall(repo).worktrees.get(repo.git_dir)
    if how != "none" or known is None or known.refused:
        return "run wagit hooks install"
    who = neighbours[0] if neighbours and neighbours[0] != "own" else "something"
    return f"{who} has rewritten {found.path}: run wagit hooks install"


def probe(repo: Repository, event: str, path: str, environ: Mapping[str, str] | None = None) -> bool:
    """Whether git, asked to run this hook, reaches wagit's part of it."""
    with tempfile.TemporaryDirectory(prefix="wagit-probe-") as directory:
        answer = os.path.join(directory, "fired")
        variables = {**(os.environ if environ is None else environ), "WAGIT_PROBE": answer}
        variables.pop("WAGIT", None)
        if git_version(repo.worktree, environ) >= FIRST_GIT_WITH_HOOK_RUN:
            _run_by_git(repo, event, variables)
        else:
            _run_as_git_does(repo, event, path, variables)
        try:
            with open(answer, encoding="utf-8") as file:
                return event in file.read().split()
        except FileNotFoundError:
            return False


def _run_by_git(repo: Repository, event: str, environ: Mapping[str, str]) -> None:
    options = []
    for name in config_entries.others(repo, event, environ):  # only wagit's own may run
        options += ["-c", f"hook.{name}.enabled=false"]
    if event in config_entries.entries(repo, environ) and best_way(repo, environ) == "config":
        options += ["-c", f"core.hooksPath={os.devnull}"]
    run = ("hook", "run", "--ignore-missing", event, "--", *ARGUMENTS[event])
    with contextlib.suppress(GitFailed):  # ended by a signal: what counts is whether wagit's part was reached
        everything = tuple(range(256))
        run_git(*options, *run, cwd=repo.worktree, environ=environ, accept=everything, timeout=PROBE_SECONDS)


def _run_as_git_does(repo: Repository, event: str, path: str, environ: Mapping[str, str]) -> None:
    """Run a hook file at the top of the worktree; a text without a shebang goes to sh, as execvp does."""
    if not os.access(path, os.X_OK):
        return
    command = [path, *ARGUMENTS[event]]
    if not look(path).content.startswith(b"#!") and look(path).kind == "shell":
        command = ["/bin/sh", *command]
    try:
        subprocess.run(
            command,
            cwd=repo.worktree,
            env=clean_environ(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
