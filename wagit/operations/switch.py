"""Switch a worktree to a slot. Stdlib only: the hook runs this for a branch seen before.

The order is crash-safe: the `route` file goes first and comes back last, so that whatever a kill
leaves in between, the next hook or command does the whole again; each single step is atomic.
"""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from wagit.config.digest import Decided
from wagit.core import journal, locks
from wagit.core.errors import WagitError
from wagit.core.repository import Repository
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.routing import cache
from wagit.routing.binding import Binding, read_binding, write_binding
from wagit.routing.cache import Target
from wagit.slots import links, records, sharing

PATIENCE = 2.0  # seconds a hook waits for another switch of the same worktree before git goes on


class Switch(NamedTuple):
    """What a switch did: from and to which slot, whether the link points there, and lines for people.

    `left` is the branch that the slot before was used on, as far as it is known.
    """

    slot: str
    previous: str | None
    linked: bool
    notices: tuple[str, ...] = ()
    left: str | None = None

    @property
    def changed(self) -> bool:
        """Whether the worktree uses another slot than before."""
        return self.slot != self.previous


class Cause(NamedTuple):
    """Why a switch happens: who asked, for which branch, when, and whether the slot is pinned.

    `alone`: this worktree's supervisor asks while no bot runs, so that slots it holds are not in use.
    """

    asked_by: str
    branch: str | None
    now: float
    pinned: bool = False
    alone: bool = False


def switch(repo: Repository, store: Store, target: Target, decided: Decided, cause: Cause) -> Switch:
    """Make the worktree use `target.slot`: prepare it, point the link, replace the binding, log it.

    Costs the same whatever the slot's size. While a process has the old slot's data open through the
    link, the link stays and a notice says who holds it. Raises Locked, OSError.
    """
    os.makedirs(repo.state_dir, mode=0o700, exist_ok=True)
    with locks.acquire(os.path.join(repo.state_dir, "switch.lock"), wait=PATIENCE):
        before = read_binding(repo)
        cache.begin(repo)
        records.create_slot(store, target.slot, target.driver, cause.now)
        linked, notices = _point_link(repo, store, target, cause)
        done = linked or target.link is None
        if done and before is not None and before.link not in (None, target.link):
            _remove_old_link(repo, store, str(before.link), cause)
        if target.notice:
            notices = (*notices, target.notice)
        if before is None or before.slot != target.slot:
            shared = sharing.shared_with(repo, store, target.slot)
            notices = (*notices, shared) if shared else notices
        since = before.since if before and before.slot == target.slot else cause.now
        after = Binding(
            cause.branch, target.slot, target.rule, target.reason, since, target.link, linked, cause.pinned
        )
        if after != before:
            write_binding(repo, after)
            _log(repo, store, cause, before, after)
        if done:
            cache.complete(repo, target.slot, decided, target.link, _inside(store, target))
    previous, left = (before.slot, before.branch) if before is not None else (None, None)
    return Switch(target.slot, previous, linked, notices, left)


def _point_link(repo: Repository, store: Store, target: Target, cause: Cause) -> tuple[bool, tuple[str, ...]]:
    """Point the link at the target's slot; a reason against it becomes a notice, never a failure."""
    if target.link is None:
        return False, ()
    try:
        link = links.inspect(repo, store, target.link)
        if link.state == "ours" and link.slot and link.slot != target.slot:
            open_by = _in_use(repo, store, link.slot, cause)
            if open_by is not None:
                return False, (f"{target.link} stays on slot {link.slot}: {open_by}",) if open_by else ()
        is_file = registry.get(target.driver).link_is_file
        links.point(repo, store, target.link, _inside(store, target), is_file=is_file)
    except WagitError as refused:
        return False, (f"{refused.message}; {refused.hint}",)
    return True, ()


def _inside(store: Store, target: Target) -> str:
    """What the link leads to: the slot's data, or the file in it for a library that opens one."""
    return registry.get(target.driver).link_target(store.data(target.slot))


def _remove_old_link(repo: Repository, store: Store, relative: str, cause: Cause) -> None:
    """The config names another place now; a link that somebody still uses stays."""
    with contextlib.suppress(links.LinkRefused):  # nothing was ever there
        link = links.inspect(repo, store, relative)
        if link.slot is not None and _in_use(repo, store, link.slot, cause) is None:
            links.remove(repo, store, relative)


def _in_use(repo: Repository, store: Store, slot: str, cause: Cause) -> str | None:
    """Say who has the slot's data open through this worktree's link; None when nobody does.

    An empty sentence means this worktree's own supervisor, which moves the link once its bot is gone.
    """
    if not records.exists(store, slot):
        return None  # renamed or set aside
    holder = locks.lasting_holder_of(store.lock(slot))
    if holder is not None and holder.worktree == repo.worktree:
        return None if cause.alone else ""  # a browser that stays open has the slot itself, not the link
    driver = registry.get(records.read_record(store, slot).driver)
    for writer in driver.writers_through(store.data(slot), repo.worktree):
        return f"{writer} has it open; stop it, then run: wagit use --auto"
    return None


def _log(repo: Repository, store: Store, cause: Cause, before: Binding | None, after: Binding) -> None:
    """Append the operation when the slot changed, or was pinned or unpinned."""
    if before and (before.slot, before.pinned) == (after.slot, after.pinned):
        return
    was = (before.slot, before.pinned) if before else (None, False)
    detail = {"from": was[0], "to": after.slot, "pinned": after.pinned, "was_pinned": was[1]}
    journal.record(
        store, journal.Operation(cause.now, "switch", repo.worktree, cause.branch, cause.asked_by, detail)
    )
