"""A branch seen before, with a config that has not changed since: nothing is loaded to follow it.

Standard library only: the hook and the short way of a verb come here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wagit.config.digest import Decided, deciding, store_root
from wagit.core.errors import WagitError
from wagit.core.repository import Repository, find_plain
from wagit.core.store import Store, open_store
from wagit.operations.switch import Cause, Switch, switch
from wagit.routing import cache
from wagit.routing.binding import read_binding
from wagit.routing.cache import Target
from wagit.routing.head import Head, read_head
from wagit.slots import records

SETTINGS = ("WAGIT_", "WA_", "WHATSAPP_", "AUTO_RESTORE_SESSIONS")  # only `load` can judge their values


class Seen(NamedTuple):
    """What was resolved for a branch, by which config."""

    target: Target
    decided: Decided


class Opened(NamedTuple):
    """A worktree that follows its branch, which was seen before: its config was sound and is the same."""

    repo: Repository
    store: Store
    branch: str
    seen: Seen


def recall(repo: Repository, store: Store, head: Head, environ: Mapping[str, str]) -> Seen | None:
    """What was resolved for the branch; None when there is nothing for this very config.

    Nor is there for a slot that another one's session is due for: who brings it needs the config.
    """
    decided = deciding(repo, environ)
    if decided is None or head.branch is None or not head.branch:
        return None
    target = cache.recall(repo, head.branch, decided.digest)
    if target is None or records.may_get_session(store, target.slot, target.new):
        return None
    return Seen(target, decided)


def follow(repo: Repository, store: Store, seen: Seen, cause: Cause, environ: Mapping[str, str]) -> Switch:
    """Switch by what was resolved, and let the slot before be snapshotted. Raises Locked, OSError."""
    from wagit.operations import after_switch

    done = switch(repo, store, seen.target, seen.decided, cause)
    assert cause.branch is not None
    cache.remember(repo, cause.branch, seen.decided.digest, seen.target, cause.now)
    after_switch.begin(repo, store, done, environ)
    after_switch.launch(repo, done, seen.target, environ)
    return done


def open_at(directory: str, environ: Mapping[str, str]) -> Opened | None:
    """Open the worktree around `directory`; None wherever a command has more to look at or to say."""
    repo = find_plain(directory, environ)
    if repo is None or any(name.startswith(SETTINGS) for name in environ):
        return None
    try:
        store = open_store(store_root(repo.common_dir, environ))
        head, binding = read_head(repo), read_binding(repo)
        if head.branch is None or binding is None or binding.pinned or not _hooks_stand(repo, environ):
            return None
        seen = recall(repo, store, head, environ)
    except (WagitError, OSError):
        return None
    return None if seen is None else Opened(repo, store, head.branch, seen)


def _hooks_stand(repo: Repository, environ: Mapping[str, str]) -> bool:
    """Whether no hooks have to be put back."""
    from wagit.githooks import memory

    return not memory.is_installed(repo) or memory.is_current(repo, environ)


def try_follow(opened: Opened, cause: str, now: float, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Follow as a courtesy of a command that does something else, as `use.try_follow`; never fails."""
    try:
        why = Cause(cause, opened.branch, now)
        return follow(opened.repo, opened.store, opened.seen, why, environ).notices
    except (WagitError, OSError) as error:
        return (f"the session was not switched: {error}",)
