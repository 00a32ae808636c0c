"""What `init` finds in a repository before it changes anything."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from wagit.core.git import run_git
from wagit.drivers import detect, registry
from wagit.operations import hooks, team_access, trust
from wagit.operations.context import Context
from wagit.routing.head import read_head
from wagit.routing.rules import resolve
from wagit.slots import exclude, records

LOCAL_CONFIG = ".wagit.local.yml"
_STARTS = {"requirements.txt": "python bot.py", "pyproject.toml": "python bot.py", "go.mod": "go run ."}


class Facts(NamedTuple):
    """Driver and where it was found, the slot of the current branch, and what is there already."""

    driver: str
    found_in: str
    branch: str
    default: str
    slot: str
    command: tuple[str, ...]
    adopt: str | None
    ignore: tuple[str, ...]
    ignored: bool
    has_config: bool
    config_tracked: bool
    hooked: bool
    linked: bool  # the slot holds a login, or will
    shared: bool  # a team has its session
    trusted: bool  # what the config wants to run, or there is no config yet
    guess: str  # how such a bot may be started, where nothing says so


def gather(context: Context, driver: str | None) -> Facts:
    """Look at the repository. Raises UnknownDriver."""
    worktree, settings = context.repo.worktree, context.config.settings
    name, found_in = _driver(context, driver)
    head = read_head(context.repo)
    has_config = os.path.exists(os.path.join(worktree, ".wagit.yml"))
    slot = resolve(head, settings, None).slot
    link = settings.bot.link if isinstance(settings.bot.link, str) else registry.get(name).link
    links = (link,) if settings.bot.link is not False else ()
    ignore = (*links, *registry.get(name).litter, LOCAL_CONFIG)
    adoptable = _adoptable(context, name, slot)
    return Facts(
        driver=name,
        found_in=found_in,
        branch=head.branch or "main",
        default=settings.default,
        slot=slot,
        command=tuple(settings.bot.command or _command(worktree)),
        adopt=adoptable,
        ignore=ignore,
        ignored=exclude.has(context.repo, ignore),
        has_config=has_config,
        config_tracked=bool(run_git("ls-files", "--", ".wagit.yml", cwd=worktree, environ=context.environ)),
        hooked=hooks.installed(context.repo, context.environ),
        linked=adoptable is not None or registry.get(name).identity(context.store.data(slot)) is not None,
        shared=settings.team.id is not None and team_access.is_shared(context, slot),
        trusted=trust.state(context).trusted,
        guess=_STARTS.get(found_in, "node bot.js"),
    )


def _driver(context: Context, asked: str | None) -> tuple[str, str]:
    if asked or context.config.settings.driver:
        name = asked or str(context.config.settings.driver)
        return registry.get(name).name, "command line" if asked else ".wagit.yml"
    for found in detect.detect(context.repo.worktree):
        return found.driver, found.file
    return "generic", ""


def _adoptable(context: Context, driver: str, slot: str) -> str | None:
    """The session an unmanaged bot left here, unless its slot has data of its own."""
    data = context.store.data(slot)
    if records.exists(context.store, slot) and os.path.isdir(data) and os.listdir(data):
        return None
    return registry.get(driver).adoptable(context.repo.worktree)


def _command(worktree: str) -> tuple[str, ...]:
    """Guess how the bot is started from package.json's scripts; nothing where that is unclear."""
    try:
        with open(os.path.join(worktree, "package.json"), "rb") as file:
            scripts = json.loads(file.read()).get("scripts", {})
    except (OSError, ValueError, AttributeError):
        return ()
    for script in ("dev", "start", "bot"):
        if isinstance(scripts, dict) and isinstance(scripts.get(script), str):
            return ("npm", "run", script)
    return ()
