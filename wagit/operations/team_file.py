"""The `team` section of `.wagit.yml`: changed in its text, and trusted by who changed it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import NamedTuple

from wagit.config.digest import PROJECT
from wagit.core.atomic import atomic_write
from wagit.core.errors import UsageError
from wagit.operations import team_trust, team_words
from wagit.operations.context import Context, reloaded
from wagit.operations.trust import NotTrusted

COMMIT = f"git add {PROJECT} && git commit -m 'The team'"


class NotInThisFile(UsageError):
    """What is to be changed does not stand in this worktree's `.wagit.yml`."""

    code = "not-in-this-file"


class Edited(NamedTuple):
    """Whether the file was changed; else `paste` is what to write there by hand."""

    written: bool
    trusted: bool
    paste: str = ""


def path(context: Context) -> str:
    """The file of this worktree."""
    return os.path.join(context.repo.worktree, PROJECT)


def require_own_file(context: Context) -> None:
    """Raise NotInThisFile when the recipients stand elsewhere, as in another branch or the user's file."""
    layer = context.config.deciding(("team", "recipients"))
    if layer is None:
        raise NotInThisFile("the config names no team", "begin one: wagit team init")
    if layer.name != PROJECT:
        raise NotInThisFile(
            f"the team stands in {context.config.source('team.recipients')}, not in this branch's {PROJECT}",
            "switch to a branch that has it, or change it there by hand",
        )


def require_agreement(context: Context) -> bool:
    """Whether the user trusts the team as it stands here; not yet, for who never did. Raises NotTrusted.

    Who changes the list allows the whole of it: somebody else's changes have to be seen before.
    """
    told = team_words.difference(context)
    if told:
        raise NotTrusted(told.rsplit("; to change", 1)[0], "see it, and allow it first: wagit trust")
    return team_trust.trusted(context.store) is not None


def edit(context: Context, change: Callable[[str], str | None], paste: str, *, trust: bool) -> Edited:
    """Change the file's text, and trust the team that it names then. Raises OSError, ConfigProblems."""
    file = os.path.realpath(path(context))
    text, mode = "", 0o644
    if os.path.exists(file):
        with open(file, encoding="utf-8", newline="") as opened:
            text = opened.read()
        mode = stat.S_IMODE(os.stat(file).st_mode)
    changed = change(text)
    if changed is None:
        return Edited(written=False, trusted=False, paste=paste)
    atomic_write(file, changed.encode(), mode=mode)
    if trust:
        team_trust.allow(reloaded(context))
    return Edited(written=True, trusted=trust)
