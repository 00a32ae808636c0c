"""The slots: list, show, make, adopt, rename, remove."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from wagit.core import journal
from wagit.core.atomic import make_directory, rename_durably
from wagit.core.clock import rfc3339
from wagit.core.git import run_git
from wagit.core.locks import HeldLock
from wagit.core.repository import worktrees
from wagit.core.store import create
from wagit.drivers import registry
from wagit.integrity.identity import Identity
from wagit.operations.context import Context, driver_name
from wagit.operations.keep import keep
from wagit.routing import cache, names
from wagit.routing.binding import read_binding, write_binding
from wagit.routing.head import Head
from wagit.routing.rules import resolve
from wagit.slots import holding, marker, records, twins
from wagit.slots.inspect import age_of, size_of, state_of
from wagit.slots.quiet import hold_quiet
from wagit.snapshots import manifest, renaming
from wagit.snapshots.reading import Progress, no_progress

MOST_BRANCHES = 200  # the newest; ten thousand branches times a thousand rules would take seconds


class Session(NamedTuple):
    """One row of `sessions ls`; `size` in bytes, times RFC 3339 UTC, `holder` in words.

    `origin` is the slot its session came from, `twins` are the slots that hold the same login.
    """

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
    origin: str | None
    twins: tuple[str, ...]


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
    users = branches_by_slot(context)
    logins = twins.logins(context.store)
    return [_session(context, slot, users, logins) for slot in records.slot_names(context.store)]


def one(context: Context, slot: str) -> Session:
    """Return one slot's row. Raises NoSuchSlot."""
    return _session(context, slot, branches_by_slot(context), twins.logins(context.store))


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

    One rename of its directory: a crash leaves the old name or the new one. Its snapshots come along, at
    the latest with the next command. Links that pointed at it are mended by the next command or hook in
    their worktree. An empty slot of the new name, as a rule makes one, is set aside first. Raises
    NoSuchSlot, SlotExists, SlotBusy.
    """
    names.check(new_name)
    records.read_record(context.store, names.check(old))
    if new_name == old:
        raise records.SlotExists(
            f"slot {old!r} has that name already", "choose another: see wagit sessions ls"
        )
    in_the_way = _empty_in_the_way(context, new_name)
    with _quiet(context, old):
        if not dry_run:
            if in_the_way:
                remove(context, new_name)
            _log(context, "rename", {"from": old, "to": new_name})
            renaming.rename(context.store, old, new_name)
    if not dry_run:
        _follow_rename(context, old, new_name)
        _rename_origins(context, old, new_name)
    users = branches_by_slot(context).get(old, ())
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


def _rename_origins(context: Context, old: str, new_name: str) -> None:
    """Sessions that came from the slot can go back to it; who is held meanwhile keeps the old name."""
    for slot in records.slot_names(context.store):
        with contextlib.suppress(holding.SlotBusy, records.NoSuchSlot):
            if records.read_record(context.store, slot).origin == old:
                with _quiet(context, slot):
                    record = records.read_record(context.store, slot)
                    records.write_record(context.store, slot, record._replace(origin=new_name))


def remove(context: Context, slot: str, *, dry_run: bool = False, progress: Progress = no_progress) -> str:
    """Set a slot aside in quarantine, one rename; return where it is now. Raises NoSuchSlot, SlotBusy.

    It is snapshotted first; what cannot be read goes to quarantine without.
    """
    records.read_record(context.store, names.check(slot))
    with _quiet(context, slot):
        if dry_run:
            return place_aside(context, slot)
        keep(context, slot, "remove", progress)
        target = place_aside(context, slot)
        _log(context, "remove", {"slot": slot, "to": target})
        set_aside(context, slot, target)
    marker.take_away(context.repo, context.store)
    return target


def place_aside(context: Context, slot: str) -> str:
    """Where a slot goes that is set aside now."""
    stamp = rfc3339(context.clock.now()).replace(":", "").replace(".", "")
    return os.path.join(context.store.quarantine(slot), stamp)


def set_aside(context: Context, slot: str, target: str) -> None:
    """Rename a slot, which must be held, to its place in quarantine. Raises OSError."""
    make_directory(os.path.dirname(target))
    rename_durably(context.store.slot(slot), target)


def _quiet(context: Context, slot: str) -> HeldLock:
    return hold_quiet(context.store, slot, context.repo.worktree, context.clock.now())


def _session(
    context: Context, slot: str, users: dict[str, tuple[str, ...]], logins: dict[str, Identity]
) -> Session:
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
        record.origin if record.origin_mode and found.identity else None,
        tuple(other for other in logins if other != slot and logins[other] == found.identity),
    )


def branches_by_slot(context: Context) -> dict[str, tuple[str, ...]]:
    """The slots of the newest MOST_BRANCHES local branches, by the rules."""
    newest = (f"--count={MOST_BRANCHES}", "--sort=-committerdate", "--format=%(refname)", "refs/heads")
    listed = run_git("for-each-ref", *newest, cwd=context.repo.worktree, environ=context.environ)
    users: dict[str, tuple[str, ...]] = {}
    for name in listed.splitlines():
        branch = name.removeprefix("refs/heads/")
        slot = resolve(Head(branch, "attached"), context.config.settings, None).slot
        users[slot] = (*users.get(slot, ()), branch)
    return users


def _log(context: Context, verb: str, detail: dict[str, object]) -> None:
    now, cause = context.clock.now(), f"sessions {'rm' if verb == 'remove' else verb}"
    journal.record(context.store, journal.Operation(now, verb, context.repo.worktree, None, cause, detail))
