"""Take an existing session directory into a slot: moved within the file system, never copied."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from wagit.core import journal
from wagit.core.atomic import fsync_directory, rename_durably
from wagit.core.errors import WagitError
from wagit.core.git import run_git
from wagit.core.store import create
from wagit.drivers import proc, registry
from wagit.drivers.base import Driver
from wagit.operations import context as contexts
from wagit.operations import move
from wagit.operations.context import Context
from wagit.operations.keep import keep
from wagit.routing import names
from wagit.slots import holding, records
from wagit.snapshots.reading import Progress, no_progress

BESIDE_SQLITE = ("", "-wal", "-shm")


class CannotAdopt(WagitError):
    """The directory cannot become a slot's data as it is."""

    code = "cannot-adopt"


def adopt(
    context: Context,
    slot: str,
    source: str,
    driver_name: str | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> str:
    """Move the session at `source` into `slot`, which must be new or empty; return its data directory.

    A directory moves by one rename; an SQLite file is linked into the slot with its journals before the
    old names go. Killed at any point, the session is whole at the old place or in the slot. It is
    snapshotted as soon as it is in the slot, where no bot finds it yet: outside there is no room for that.
    Raises CannotAdopt, SlotBusy, SlotExists, BadSlotName.
    """
    names.check(slot)
    driver = registry.get(driver_name or contexts.driver_name(context))
    path = os.path.abspath(os.path.join(context.repo.worktree, source))
    _check_source(context, driver, path)
    if dry_run:
        return context.store.data(slot)
    create(context.store.root)
    records.create_slot(context.store, slot, driver.name, context.clock.now())
    with holding.hold(context.store, slot, context.repo.worktree, context.clock.now()):
        target = _target(context, slot, path, driver)
        detail = {"slot": slot, "from": path, "to": target}
        now = context.clock.now()
        if driver.link_is_file:
            move_file(path, target, slot)
        else:
            _move_directory(path, target, slot)
        journal.record(
            context.store, journal.Operation(now, "adopt", context.repo.worktree, None, "adopt", detail)
        )
        move.identified(context, slot)
        keep(context, slot, "adopt", progress)
    return context.store.data(slot)


def _check_source(context: Context, driver: Driver, path: str) -> None:
    if os.path.islink(path) or not os.path.exists(path):
        what = "is a link" if os.path.islink(path) else "does not exist"
        raise CannotAdopt(f"{path} {what}", "name the session directory itself")
    if proc.inside(os.path.realpath(path), os.path.realpath(context.store.root)):
        raise CannotAdopt(f"{path} is in a slot already", "see which: wagit sessions ls")
    if (other := _slot_around(os.path.realpath(path))) is not None:
        raise CannotAdopt(
            f"{path} is in a slot of another repository, {other}",
            "take it out there first: `wagit sessions rm` sets it aside, and says where",
        )
    if os.path.isdir(path) == driver.link_is_file:
        wanted = "file" if driver.link_is_file else "directory"
        raise CannotAdopt(
            f"{path} is not a {wanted}, which the driver {driver.name} keeps its session in", ""
        )
    if _is_tracked(context, path):
        raise CannotAdopt(
            f"{path} is tracked by git, which would show it as deleted",
            f"untrack it first: git rm -r --cached {os.path.relpath(path, context.repo.worktree)}",
        )
    if not _is_session(driver, path):
        raise CannotAdopt(
            f"{path} does not look like a session of {driver.title}",
            "name the session itself; for another library: --driver NAME",
        )
    for writer in driver.writers(
        path if os.path.isdir(path) else os.path.dirname(path), context.repo.worktree
    ):
        raise holding.SlotBusy(f"{path} is open in {writer}", "stop that program, then adopt")


def _slot_around(path: str) -> str | None:
    """The slot of any store whose live data is, or has, what is at `path`; what was set aside is free."""
    for place in (path, *map(str, Path(path).parents)):
        slot, name = os.path.split(place)
        is_slot = os.path.basename(os.path.dirname(slot)) == "slots"
        if is_slot and name == "data" and os.path.isfile(os.path.join(slot, "slot.json")):
            return slot
    return None


def _is_session(driver: Driver, path: str) -> bool:
    """Whether it is what the library keeps its sessions in, or one of the sessions in there."""
    directory, name = os.path.split(path)
    return driver.looks_like_session(path) or name in driver.profiles(directory)


def _is_tracked(context: Context, path: str) -> bool:
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(context.repo.worktree))
    if relative.startswith(os.pardir):
        return False
    listed = ("ls-files", "--", f":(literal){relative}")
    return bool(run_git(*listed, cwd=context.repo.worktree, environ=context.environ))


def _target(context: Context, slot: str, path: str, driver: Driver) -> str:
    """What the session becomes: all of the slot's data, or one of the sessions in there."""
    data = context.store.data(slot)
    if driver.link_is_file:
        return driver.link_target(data)
    name = os.path.basename(path)
    is_profile = name in driver.profiles(os.path.dirname(path))  # one of LocalAuth's, say, not all of them
    return os.path.join(data, name) if is_profile else data


def _move_directory(path: str, target: str, slot: str) -> None:
    try:
        rename_durably(path, target)  # onto an empty directory at most: rename(2) refuses any other
    except OSError as error:
        raise _explain(error, path, slot) from error


def move_file(path: str, target: str, slot: str) -> None:
    """Move an SQLite file with its journals. Killed at any point, it is whole in one place or in both.

    Raises CannotAdopt, SlotExists when another file is there.
    """
    if os.path.exists(target) and not os.path.samefile(path, target):
        raise _explain(OSError(errno.ENOTEMPTY, ""), path, slot)
    try:
        for suffix in reversed(BESIDE_SQLITE):  # the journals first: a database without them has lost rows
            _link_newest(path + suffix, target + suffix)
        fsync_directory(os.path.dirname(target))
        for suffix in BESIDE_SQLITE:
            if os.path.exists(path + suffix):
                os.unlink(path + suffix)
    except OSError as error:
        raise _explain(error, path, slot) from error


def _link_newest(path: str, target: str) -> None:
    """Give `path` a second name; what a killed adoption left there is older, since the bot may have run on.

    An old journal beside a newer database would be replayed onto it.
    """
    there = os.path.exists(target)
    if there and not (os.path.exists(path) and os.path.samefile(path, target)):
        os.unlink(target)
        there = False
    if os.path.exists(path) and not there:
        os.link(path, target)


def _explain(error: OSError, path: str, slot: str) -> WagitError:
    if error.errno == errno.EXDEV:
        return CannotAdopt(
            f"{path} is on another file system than the store, so it cannot be moved in one step",
            "set `store:` in your user config to a directory on that file system",
        )
    if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
        return records.SlotExists(
            f"slot {slot!r} has data already", "adopt into a new slot, or remove that one"
        )
    return CannotAdopt(f"{path} cannot be moved: {error.strerror}", "check who owns it and its directory")
