"""Install and remove the hooks: by git's config where it runs hooks from there, else in the hook files.

Whatever was there keeps working and comes back byte for byte: lines of sh go right behind the shebang of a
shell script; any other hook, a link, and one that git ignores since it is not executable are kept under
another name beside a shim. A hook file that is committed, or that other repositories use, is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from wagit.core.git import git_version
from wagit.core.repository import Repository
from wagit.githooks import config_entries, files, memory
from wagit.githooks.changes import Change, MakeDirectory, RemoveDirectory, apply
from wagit.githooks.places import FIRST_GIT_WITH_CONFIG_HOOKS, hook_files, hooks_directory
from wagit.githooks.texts import EVENTS

How = Literal["config", "file"]
Environ = Mapping[str, str] | None


def plan(repo: Repository, environ: Environ = None, *, how: How | None = None) -> list[Change]:
    """List what `install` would change; nothing when all is there already. Reads only.

    `how` forces a way; by itself it is `config` from git 2.54 on. Raises GitFailed, GitMissing.
    """
    ours = hook_files()
    by_config = (how or best_way(repo, environ)) == "config"
    existing = config_entries.entries(repo, environ)
    directory = hooks_directory(repo, environ)
    changes: list[Change] = []
    for event in EVENTS:
        path = os.path.join(directory, event)
        if by_config:
            changes += config_entries.plan_entry(event, ours, existing.get(event))
            changes += files.plan_removal(event, path)
        else:
            changes += files.plan_file(repo, event, path, ours, environ)
            changes += config_entries.plan_removal(event, existing)
    return changes


def install(repo: Repository, environ: Environ = None, *, how: How | None = None) -> list[Change]:
    """Install the hooks or bring them up to date; twice changes nothing.

    Raises HooksNotWritable, GitFailed, GitMissing.
    """
    way = how or best_way(repo, environ)
    changes = plan(repo, environ, how=way)
    steps = [step for change in changes for step in change.steps]
    made = {step.path for step in steps if isinstance(step, MakeDirectory) and not os.path.isdir(step.path)}
    apply(repo, changes, environ)
    refused = any(change.action == "refuse" for change in changes)
    here = memory.Installed(hooks_directory(repo, environ), refused, memory.stamps(repo, environ))
    memory.remember(repo, way, hook_files(), here, sorted(made))
    return changes


def plan_uninstall(repo: Repository, environ: Environ = None) -> list[Change]:
    """List what `uninstall` would change. Reads only."""
    existing = config_entries.entries(repo, environ)
    known = memory.recall(repo)
    directories = dict.fromkeys([hooks_directory(repo, environ), *known.directories])
    changes: list[Change] = []
    for event in EVENTS:
        changes += config_entries.plan_removal(event, existing)
        for directory in directories:
            changes += files.plan_removal(event, os.path.join(directory, event))
        for git_dir in dict.fromkeys([repo.git_dir, *known.worktrees]):
            changes += files.plan_piece_removal(event, git_dir)
    if changes:
        steps = tuple(RemoveDirectory(path) for path in reversed(known.made))
        changes[-1] = changes[-1]._replace(steps=changes[-1].steps + steps)
    return changes


def uninstall(repo: Repository, environ: Environ = None) -> list[Change]:
    """Remove the hooks, in all worktrees; every file is as it was. Raises HooksNotWritable, GitFailed."""
    changes = plan_uninstall(repo, environ)
    apply(repo, changes, environ)
    memory.forget(repo)
    return changes


def ensure(repo: Repository, environ: Environ = None) -> list[Change]:
    """Put the hooks back where they were installed once and have gone: husky rewrote its files, say.

    Costs a few reads and no process when all is well. Returns what had to be done.
    """
    if not memory.is_installed(repo) or memory.is_current(repo, environ):
        return []
    return install(repo, environ, how="config" if memory.recall(repo).how == "config" else "file")


def best_way(repo: Repository, environ: Environ = None) -> How:
    """How hooks are installed with the git that is there."""
    return "config" if git_version(repo.worktree, environ) >= FIRST_GIT_WITH_CONFIG_HOOKS else "file"
