"""What taking an operation back consists of: a plan or the reason against it, and the facts both rest on."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.core.journal import Operation
from wagit.drivers import proc
from wagit.operations.context import Context
from wagit.routing.binding import Binding, read_binding
from wagit.slots import quarantine, records
from wagit.slots.records import SlotRecord
from wagit.snapshots import aside, check
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import DamagedSnapshot, Manifest, NoSuchSnapshot
from wagit.snapshots.reading import Progress

LIST = "see what can be taken back: wagit undo --list"


class CannotUndo(WagitError):
    """An operation cannot be taken back, or there is none."""

    code = "cannot-undo"


class Cannot(NamedTuple):
    """Why an operation cannot be taken back, in one clause. `idle`: it has nothing to take back."""

    reason: str
    hint: str = LIST
    idle: bool = False


class Plan(NamedTuple):
    """What will be done, as a clause in the imperative, to which slots, and what the user should know first.

    `run` does it and returns lines for people. Raises what the operations raise that it calls.
    """

    does: str
    slots: tuple[str, ...]
    run: Callable[[Context, Progress], tuple[str, ...]]
    warnings: tuple[str, ...] = ()


class Facts:
    """What plans look at. Reads only; each question is asked of the disk."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store

    @property
    def worktree(self) -> str:
        """The worktree that is worked in."""
        return self._context.repo.worktree

    def binding(self) -> Binding | None:
        """What the worktree uses now."""
        return read_binding(self._context.repo)

    def data(self, slot: str) -> str:
        """Where the slot's data is, or would be."""
        return self._store.data(slot)

    def has_slot(self, slot: str) -> bool:
        """Whether the slot is there."""
        return records.exists(self._store, slot)

    def has_data(self, slot: str) -> bool:
        """Whether anything is in the slot's data."""
        return bool(self.names_in(self._store.data(slot)))

    def record(self, slot: str) -> SlotRecord:
        """What is kept about a slot; an empty record when it is not there."""
        return records.read_record(self._store, slot) if self.has_slot(slot) else SlotRecord("generic", 0.0)

    def names_in(self, directory: str) -> list[str]:
        """What is in a directory; nothing when it is not there."""
        try:
            return sorted(os.listdir(directory))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def is_there(self, path: str) -> bool:
        """Whether anything has that path, be it a link that leads nowhere."""
        return os.path.lexists(path)

    def leads_into(self, path: str, slot: str) -> bool:
        """Whether a path is a link to the slot's data, or into it."""
        data = os.path.realpath(self._store.data(slot))
        return os.path.islink(path) and (os.path.realpath(path) + os.sep).startswith(data + os.sep)

    def inode(self, slot: str) -> int | None:
        """What the slot's data directory is known by, whatever name it has had."""
        return quarantine.inode_of(self._store.data(slot))

    def set_aside(self, slot: str, inode: int) -> str | None:
        """Where the directory of this inode is in quarantine."""
        return quarantine.find(self._store, slot, inode)

    def is_in_store(self, path: str) -> bool:
        """Whether a path is, or leads, into the store."""
        return proc.inside(os.path.realpath(path), os.path.realpath(self._store.root))

    def is_same_file(self, one: str, other: str) -> bool:
        """Whether two paths are names of one file."""
        return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)

    def is_device_shared(self, one: str, other: str) -> bool:
        """Whether two existing paths are on one file system."""
        return os.stat(one).st_dev == os.stat(other).st_dev

    def snapshot(self, slot: str, identifier: str) -> Manifest | None:
        """A snapshot with all its objects; None when it is pruned or damaged."""
        try:
            found = manifests.read(self._store, slot, identifier)
        except (NoSuchSnapshot, DamagedSnapshot):
            return None
        return None if check.missing(self._store, found) else found

    def has_snapshot(self, slot: str, identifier: str) -> bool:
        """Whether the slot has the snapshot, whole or not."""
        return os.path.exists(manifests.path_of(self._store, slot, identifier))

    def can_be_brought_back(self, slot: str, identifier: str) -> bool:
        """Whether a pruned snapshot still waits with all its objects."""
        return self.snapshot(aside.place(slot), identifier) is not None

    def is_as_in(self, slot: str, manifest: Manifest) -> bool:
        """Whether the slot's data has the files of a snapshot, by size and time of change."""
        for entry in manifest.entries:
            try:
                found = os.lstat(os.path.join(self._store.data(slot), entry.path))
            except OSError:
                return False
            if entry.kind == "file" and (found.st_size, found.st_mtime_ns) != (entry.size, entry.mtime_ns):
                return False
        return True


Planner = Callable[[Operation, Facts], Plan | Cannot]


class Verb(NamedTuple):
    """How operations of one verb are taken back and done again.

    `holds` tells from the facts whether an operation is in force; None where that cannot be seen.
    """

    back: Planner
    again: Planner
    holds: Callable[[Operation, Facts], bool | None]


def evident(back: Planner, again: Planner) -> Verb:
    """A verb whose operation is in force exactly when it can be taken back, and not when it can be done."""

    def holds(operation: Operation, facts: Facts) -> bool | None:
        if isinstance(back(operation, facts), Plan):
            return True
        return False if isinstance(again(operation, facts), Plan) else None

    return Verb(back, again, holds)
