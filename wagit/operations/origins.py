"""Sessions that can go back where they came from: their branches are merged or gone."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.core.git import GitFailed, run_git
from wagit.core.repository import worktrees
from wagit.operations.context import Context
from wagit.operations.sessions_ls import MOST_BRANCHES, branches_by_slot
from wagit.routing.binding import read_binding
from wagit.slots import marker, records
from wagit.slots.inspect import has_files


class Guest(NamedTuple):
    """A slot with the session of another one, and the branches that use it."""

    slot: str
    origin: str
    branches: tuple[str, ...]


def forsaken(context: Context) -> tuple[str, ...]:
    """A line for each session whose branches have been deleted; no hook tells of that."""
    if context.config.settings.on_merge == "ignore":
        return ()
    return tuple(_suggestion(guest) for guest in _forsaken(_guests(context), context))


def after_merge(context: Context) -> tuple[str, ...]:
    """Suggest or promote what came from this worktree's slot, as `on_merge` says; lines for people.

    That is a session whose branches were brought into HEAD by the merge that has just been made, or are
    gone. Raises WagitError of git alone.
    """
    wanted = context.config.settings.on_merge
    binding = read_binding(context.repo)
    if wanted == "ignore" or binding is None:
        return ()
    guests = [guest for guest in _guests(context) if guest.origin == binding.slot]
    merged = _merged(context) if guests else frozenset()
    done = [guest for guest in guests if guest.branches and merged.issuperset(guest.branches)]
    done += _forsaken(guests, context)
    if wanted == "suggest":
        return tuple(_suggestion(guest) for guest in done)
    return tuple(_promoted(context, guest) for guest in done)


def _guests(context: Context) -> list[Guest]:
    """Cheap where no session came from elsewhere."""
    if not marker.is_set(context.repo):
        return []
    store = context.store
    known = [(slot, records.read_record(store, slot)) for slot in records.slot_names(store)]
    found = [
        (slot, record.origin)
        for slot, record in known
        if record.origin and record.origin_mode == "move" and has_files(store.data(slot))
    ]
    users = branches_by_slot(context) if found else {}
    return [Guest(slot, origin, users.get(slot, ())) for slot, origin in found]


def _forsaken(guests: list[Guest], context: Context) -> list[Guest]:
    """Those that no branch and no worktree uses; where not all branches were looked at, none."""
    alone = [guest for guest in guests if not guest.branches]
    if not alone or len(_branches(context, f"--count={MOST_BRANCHES}")) == MOST_BRANCHES:
        return []
    bindings = [read_binding(repo) for repo in worktrees(context.repo)]
    used = {binding.slot for binding in bindings if binding is not None}
    return [guest for guest in alone if guest.slot not in used]


def _merged(context: Context) -> frozenset[str]:
    """The branches that the last merge brought in: one that has no commits of its own is in HEAD anyway."""
    try:
        return frozenset(_branches(context, "--merged=HEAD", "--no-merged=ORIG_HEAD"))
    except GitFailed:  # no ORIG_HEAD
        return frozenset()


def _branches(context: Context, *options: str) -> list[str]:
    listed = ("for-each-ref", *options, "--format=%(refname)", "refs/heads")
    names = run_git(*listed, cwd=context.repo.worktree, environ=context.environ).splitlines()
    return [name.removeprefix("refs/heads/") for name in names]


def _suggestion(guest: Guest) -> str:
    return f"session {guest.slot} came from {guest.origin}: wagit sessions promote {guest.slot}"


def _promoted(context: Context, guest: Guest) -> str:
    from wagit.operations.promote import promote

    try:
        promote(context, guest.slot, cause="merge")
    except (WagitError, OSError) as error:
        text = error.message if isinstance(error, WagitError) else str(error)
        return f"{_suggestion(guest)} (not done now: {text})"
    return f"session {guest.slot} is back in {guest.origin}"
