"""Hooks that git >= 2.54 runs from its config, beside any hook directory: hook.<name>.event and .command.

All worktrees of a repository share them (git-hook(1)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wagit.core.git import run_git
from wagit.core.repository import Repository
from wagit.githooks import texts
from wagit.githooks.changes import Change, SetConfig
from wagit.githooks.texts import HookFiles


def entries(repo: Repository, environ: Mapping[str, str] | None = None) -> dict[str, list[tuple[str, str]]]:
    """Return wagit's own entries of the repository's config, by event: (key, value)."""
    entries: dict[str, list[tuple[str, str]]] = {}
    for name, value in _matching(repo, r"^hook\.wagit-", environ, "--local"):
        event, _, key = name.removeprefix("hook.wagit-").rpartition(".")
        entries.setdefault(event, []).append((key, value))
    return entries


def others(repo: Repository, event: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Names of the hooks that others put into git's config for this event."""
    pairs = _matching(repo, r"^hook\..*\.event$", environ)
    names = [name.removeprefix("hook.").removesuffix(".event") for name, value in pairs if value == event]
    return tuple(name for name in dict.fromkeys(names) if name != f"wagit-{event}")


def _matching(
    repo: Repository, names: str, environ: Mapping[str, str] | None, *scope: str
) -> list[tuple[str, str]]:
    """Settings whose name matches, with their values; a name that has none gets an empty one."""
    asked = ("config", *scope, "-z", "--get-regexp", names)
    answer = run_git(*asked, cwd=repo.worktree, environ=environ, accept=(0, 1))
    pairs = (entry.partition("\n") for entry in answer.split("\0")[:-1])
    return [(name, value) for name, _, value in pairs]


def plan_entry(event: str, files: HookFiles, existing: list[tuple[str, str]] | None) -> Iterator[Change]:
    """Plan the entries of one event; nothing when they are there."""
    command = texts.config_command(event, files)
    wanted = [("command", command), ("event", event)]
    if sorted(pair for pair in existing or () if pair[0] != "enabled") == wanted:
        return
    # The command first: git stops at an event that has none.
    steps = tuple(SetConfig(("--replace-all", f"hook.wagit-{event}.{key}", value)) for key, value in wanted)
    where = f"hook.wagit-{event}"
    yield Change(
        event, "refresh" if existing else "install", where, f"{where} in this repository's git config", steps
    )


def plan_removal(event: str, existing: dict[str, list[tuple[str, str]]]) -> Iterator[Change]:
    """Plan to take the entries of one event out."""
    if event in existing:
        name = f"hook.wagit-{event}"
        steps = (SetConfig(("--remove-section", name)),)
        yield Change(event, "remove", name, f"{name} in this repository's git config", steps)
