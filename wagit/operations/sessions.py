"""Make, rename and remove slots."""

from __future__ import annotations

import contextlib
import os

from wagit.core import journal
from wagit.core.atomic import make_directory, rename_durably
from wagit.core.clock import rfc3339
from wagit.core.locks import HeldLock
from wagit.core.repository import worktrees
from wagit.core.store import create
from wagit.drivers import registry
from wagit.operations.context import Context, driver_name
from wagit.operations.keep import keep
from wagit.operations.sessions_ls import branches_by_slot
from wagit.routing import cache, names
from wagit.routing.binding import read_binding, write_binding
from wagit.slots import holding, marker, records
from wagit.slots.quiet import hold_quiet
from wagit.snapshots import renaming
from wagit.snapshots.reading import Progress, no_progress


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
    from wagit.team import state

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
            state.replaced(context.store, new_name)  # else it would be pushed as the team's next session
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


def _log(context: Context, verb: str, detail: dict[str, object]) -> None:
    now, cause = context.clock.now(), f"sessions {'rm' if verb == 'remove' else verb}"
    journal.record(context.store, journal.Operation(now, verb, context.repo.worktree, None, cause, detail))
