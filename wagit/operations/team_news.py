"""News of the team after a merge: found by a process that nobody waits for, told at the next command.

`<store>/team/news.json` has what was found, and what was told already. Light: a command that has nothing to
tell opens one file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.store import Store

if TYPE_CHECKING:
    from wagit.operations.context import Context
    from wagit.team.access import Access


class TeamNews(NamedTuple):
    """One thing to tell, once: a session that `by` pushed at `time` (RFC 3339), else a `text`.

    `key` tells it from others that were told of the same thing.
    """

    about: str
    key: str
    text: str = ""
    by: str = ""
    time: str = ""


def look(context: Context) -> None:
    """Ask the remote, and keep what is new. Without a network, a key or trust there is nothing to tell.

    Raises OSError.
    """
    kept, told = _read(context.store)
    found = {one.about: one for one in kept}
    found |= {one.about: one for one in _found(context) if told.get(one.about) != one.key}
    if found:
        _write(context.store, list(found.values()), told)


def tell(context: Context) -> tuple[TeamNews, ...]:
    """What there is to tell, for the first and last time; nothing that has been pulled meanwhile."""
    news, told = _read(context.store)
    if not news:
        return ()
    fresh = tuple(one for one in news if one.text or not _is_here(context.store, one))
    with contextlib.suppress(OSError):  # a full disk: it is told again
        _write(context.store, [], told | {one.about: one.key for one in news})
    return fresh


def path_of(store: Store) -> str:
    """Where news are kept."""
    return os.path.join(store.root, "team", "news.json")


def _found(context: Context) -> list[TeamNews]:
    from wagit.core.errors import WagitError
    from wagit.operations import team_access
    from wagit.operations.team_slots import shared_slots

    news: list[TeamNews] = []
    with contextlib.suppress(WagitError):
        difference = team_access.difference(context)
        if difference:
            news.append(TeamNews("team", hashlib.sha256(difference.encode()).hexdigest(), difference))
    with contextlib.suppress(WagitError):
        opened = team_access.access(context)
        for slot in shared_slots(context):
            news += _of(opened, slot)
    return news


def _of(opened: Access, slot: str) -> list[TeamNews]:
    """A session that is newer than what this store ever had; or that there is an older one now."""
    from wagit.core.clock import rfc3339
    from wagit.team import seen, state
    from wagit.team.access import read_head

    found = read_head(opened, slot)
    head = found.head if found is not None else None
    try:
        seen.check(seen.read(opened.store, opened.team, slot), slot, head, opened.remote.title)
    except seen.RolledBack as error:
        number = head.pushed.number if head and head.pushed else 0
        return [TeamNews(slot, f"back to {number}", f"{slot}: {error.message}")]
    base = state.read(opened.store, slot).base
    if head is None or head.pushed is None or (base is not None and base.number >= head.pushed.number):
        return []
    pushed = head.pushed
    return [TeamNews(slot, str(pushed.number), by=pushed.by, time=rfc3339(pushed.time))]


def _is_here(store: Store, one: TeamNews) -> bool:
    from wagit.team import state

    base = state.read(store, one.about).base
    return base is not None and base.number >= int(one.key)


def _read(store: Store) -> tuple[list[TeamNews], dict[str, str]]:
    """What is to be told, and the keys of what was; nothing where the file is missing or damaged."""
    try:
        with open(path_of(store), "rb") as file:
            known = json.loads(file.read())
        news = [_one(raw) for raw in known["news"]]
        return news, {str(about): str(key) for about, key in known["told"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [], {}


def _one(raw: dict[str, Any]) -> TeamNews:
    one = TeamNews(**{name: str(raw[name]) for name in TeamNews._fields})
    if not one.text:
        int(one.key)
    return one


def _write(store: Store, news: list[TeamNews], told: dict[str, str]) -> None:
    document = {"news": [one._asdict() for one in news], "told": told}
    atomic_write(path_of(store), json.dumps(document).encode() + b"\n")
