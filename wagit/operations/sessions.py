"""The slots: list, show, make, adopt, rename, remove."""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.core import journal
from wagit.core.atomic import rename_durably
from wagit.core.clock import rfc3339
from wagit.core.git import run_git
from wagit.core.locks import HeldLock
from wagit.core.repository import worktrees
from wagit.core.store import create
from wagit.drivers import registry
from wagit.operations.context import Context, driver_name
from wagit.routing import cache, names
from wagit.routing.binding import read_binding, write_binding
from wagit.routing.head import Head
from wagit.routing.rules import resolve
from wagit.slots import holding, records
from wagit.slots.inspect import age_of, size_of, state_of
from wagit.snapshots import manifest

MOST_BRANCHES = 200  # the newest; ten thousand branches times a thousand rules would take seconds


class Session(NamedTuple):
    """One row of `sessions ls`; `size` in bytes, times RFC 3339 UTC, `holder` in words."""

    slot: str
    driver: str
    account: str | None
    state: str
    age: str
    last_ready: str | None
    size: int
    snapshots: int
    branches: tuple[str, ...]
    holder: str | None
    team: bool


class Detail(NamedTuple):
    """What `sessions show` adds to the row."""

    session: Session
    data: str
    created: str
    generation: int
    starts: int
    device: str | None
    profiles: tuple[str, ...]
    note: str


def ls(context: Context) -> list[Session]:
    """Return every slot, in order of name."""
    users = _branches_by_slot(context)
    return [_session(context, slot, users) for slot in records.slot_names(context.store)]


def one(context: Context, slot: str) -> Session:
    """Return one slot's row. Raises NoSuchSlot."""
    return _session(context, slot, _branches_by_slot(context))


def show(context: Context, slot: str) -> Detail:
    """Return all that is known of one slot. Raises NoSuchSlot."""
    record = records.read_record(context.store, names.check(slot))
    data = context.store.data(slot)
    driver = registry.get(record.driver)
    found = driver.read_identity(data)
    return Detail(
        one(context, slot),
        data,
        rfc3339(record.created),
        record.generation,
        record.starts,
        found.identity.device if found.identity else record.device,
        tuple(driver.profiles(data)),
        found.reason,
    )


def new(context: Context, slot: str, driver: str | None = None, *, dry_run: bool = False) -> str:
    """Make an empty slot; return its driver. Raises BadSlotName, SlotExists, UnknownDriver."""
    names.check(slot)
    chosen = registry.get(driver or driver_name(context))
    if records.exists(context.store, slot):
        raise records.SlotExists(f"there is a slot {slot!r} already", f"see it: wagit sessions show {slot}")
    if dry_run:
        return chosen.name
    create(context.store.root)
    records.create_slot(context.store, slot, chosen.name, context.clock.now())
    _log(context, "new", {"slot": slot})
    return chosen.name


def rename(context: Context, old: str, new_name: str, *, dry_run: bool = False) -> tuple[str, ...]:
    """Rename a slot that nobody holds; return what the user should know.

    One rename of its directory: a crash leaves the old name or the new one. Links that pointed at it
    are mended by the next command or hook in their worktree. An empty slot of the new name, as a rule
    makes one, is set aside first. Raises NoSuchSlot, SlotExists, SlotBusy.
    """
    names.check(new_name)
    records.read_record(context.store, names.check(old))
    in_the_way = _empty_in_the_way(context, new_name)
    with _quiet(context, old):
        if not dry_run:
            if in_the_way:
                remove(context, new_name)
            _log(context, "rename", {"from": old, "to": new_name})
            rename_durably(context.store.slot(old), context.store.slot(new_name))
    if not dry_run:
        _follow_rename(context, old, new_name)
    users = _branches_by_slot(context).get(old, ())
    if users:
        return (f"the config still sends {', '.join(users[:3])} to {old}: change it to {new_name}",)
    return ()


def _empty_in_the_way(context: Context, slot: str) -> bool:
    """Whether an empty slot has the name. Raises SlotExists for one with data."""
    if not records.exists(context.store, slot):
        return False
    data = context.store.data(slot)
    if os.path.isdir(data) and os.listdir(data):
        raise records.SlotExists(
            f"there is a slot {slot!r} already, with data", f"set it aside first: wagit sessions rm {slot}"
        )
    return True


def _follow_rename(context: Context, old: str, new_name: str) -> None:
    """Worktrees that are pinned to the slot stay on it."""
    for repo in worktrees(context.repo):
        binding = read_binding(repo)
        if binding is not None and binding.slot == old:
            cache.begin(repo)
            cache.forget(repo)
            write_binding(repo, binding._replace(slot=new_name, linked=False))


def remove(context: Context, slot: str, *, dry_run: bool = False) -> str:
    """Set a slot aside in quarantine, one rename; return where it is now. Raises NoSuchSlot, SlotBusy."""
    records.read_record(context.store, names.check(slot))
    stamp = rfc3339(context.clock.now()).replace(":", "").replace(".", "")
    directory = context.store.quarantine(slot)
    target = os.path.join(directory, stamp)
    with _quiet(context, slot):
        if dry_run:
            return target
        os.makedirs(directory, mode=0o700, exist_ok=True)
        _log(context, "remove", {"slot": slot, "to": target})
        rename_durably(context.store.slot(slot), target)
    return target


def _quiet(context: Context, slot: str) -> HeldLock:
    """Hold the slot while its directory moves. Raises SlotBusy, also for a bot started without wagit."""
    lock = holding.hold(context.store, slot, context.repo.worktree, context.clock.now())
    driver = registry.get(records.read_record(context.store, slot).driver)
    for writer in driver.writers(context.store.data(slot), context.repo.worktree):
        lock.release()
        raise holding.SlotBusy(
            f"slot {slot} is open in {writer.command} (pid {writer.pid})", "stop that program first"
        )
    return lock


def _session(context: Context, slot: str, users: dict[str, tuple[str, ...]]) -> Session:
    record = records.read_record(context.store, slot)
    data = context.store.data(slot)
    driver = registry.get(record.driver)
    holder = holding.holder(context.store, slot)
    found = driver.read_identity(data)
    return Session(
        slot,
        driver.name,
        found.identity.account if found.identity else None,
        state_of(found, held=holder is not None, data=data),
        age_of(record.last_ready, context.clock.now(), context.config.settings.health),
        rfc3339(record.last_ready) if record.last_ready else None,
        size_of(data),
        len(manifest.ids(context.store, slot)),
        users.get(slot, ()),
        str(holder) if holder else None,
        any(rule.team and rule.slot == slot for rule in context.config.settings.rules),
    )


def _branches_by_slot(context: Context) -> dict[str, tuple[str, ...]]:
    newest = (f"--count={MOST_BRANCHES}", "--sort=-committerdate", "--format=%(refname)", "refs/heads")
    listed = run_git("for-each-ref", *newest, cwd=context.repo.worktree, environ=context.environ)
    users: dict[str, tuple[str, ...]] = {}
    for name in listed.splitlines():
        branch = name.removeprefix("refs/heads/")
        slot = resolve(Head(branch, "attached"), context.config.settings, None).slot
        users[slot] = (*users.get(slot, ()), branch)
    return users


def _log(context: Context, verb: str, detail: dict[str, object]) -> None:
    now = context.clock.now()
    journal.record(
        context.store, journal.Operation(now, verb, context.repo.worktree, None, f"sessions {verb}", detail)
    )
