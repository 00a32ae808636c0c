"""Snapshots that are pruned but not gone: their manifests wait in `snapshots/<slot>/.pruned/`.

There they still count for collection, so that they can be brought back. How long one has waited counts from
the first collection that saw it, which left an empty `<id>.since-<seconds>` beside it: the time is in the
name, so that it is there whole or not at all. A clock that was put back makes one wait longer, never less.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Container
from typing import NamedTuple

from wagit.core.atomic import fsync_directory, rename_durably
from wagit.core.store import Store
from wagit.snapshots import check, objects
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import NoSuchSnapshot

GRACE = 24 * 3600.0  # seconds in which a pruned snapshot can be brought back

_SINCE = re.compile(r"([0-9a-f]+)\.since-(\d+)")


class Waiting(NamedTuple):
    """A pruned snapshot, and when it was seen first: seconds since the epoch, more than one after a crash."""

    slot: str
    id: str
    since: tuple[int, ...]


def place(slot: str) -> str:
    """Where a slot's pruned manifests lie, as the functions of a slot's manifests take it for a slot."""
    return os.path.join(slot, ".pruned")


def set_aside(store: Store, slot: str, *identifiers: str) -> None:
    """Prune snapshots: one rename each, durable in the end; those that are set aside already stay so.

    Raises NoSuchSnapshot, OSError.
    """
    directory = store.snapshots(place(slot))
    if not os.path.isdir(directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        fsync_directory(store.snapshots(slot))
    for identifier in identifiers:
        target = manifests.path_of(store, place(slot), identifier)
        try:
            os.rename(manifests.path_of(store, slot, identifier), target)
        except FileNotFoundError:
            if not os.path.exists(target):
                raise _none(slot, identifier) from None
    for changed in (directory, store.snapshots(slot)):
        fsync_directory(changed)


def remove(store: Store, slot: str, *identifiers: str) -> None:
    """Remove manifests for good, durably, also where the disk is full. Raises OSError."""
    for identifier in identifiers:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(manifests.path_of(store, slot, identifier))
    fsync_directory(store.snapshots(slot))


def bring_back(store: Store, slot: str, *identifiers: str) -> None:
    """Take pruning back: all of them, or none. Those that are the slot's snapshots already stay so.

    Raises NoSuchSnapshot for one that was collected, DamagedSnapshot naming an object that is gone, Locked,
    OSError.
    """
    with objects.lock(store):
        known = {one.id: one for one in waiting(store, slot)}
        away = [one for one in identifiers if not os.path.exists(manifests.path_of(store, slot, one))]
        for identifier in away:
            if identifier not in known:
                raise _none(slot, identifier)
            _check(store, slot, identifier)
        for identifier in away:
            _forget(store, known[identifier])
            source = manifests.path_of(store, place(slot), identifier)
            try:
                rename_durably(source, manifests.path_of(store, slot, identifier))
            except FileNotFoundError:  # a collection dropped it just now
                raise _none(slot, identifier) from None


def _check(store: Store, slot: str, identifier: str) -> None:
    try:
        found = manifests.read(store, place(slot), identifier)
    except NoSuchSnapshot:
        raise _none(slot, identifier) from None
    for problem in check.missing(store, found):
        raise problem


def waiting(store: Store, slot: str) -> list[Waiting]:
    """A slot's snapshots that are set aside."""
    since: dict[str, list[int]] = {}
    try:
        names = os.listdir(store.snapshots(place(slot)))
    except FileNotFoundError:
        return []
    for name in names:
        known = _SINCE.fullmatch(name)
        if known:
            since.setdefault(known[1], []).append(int(known[2]))
    return [Waiting(slot, one, tuple(since.get(one, ()))) for one in manifests.ids(store, place(slot))]


def over(store: Store, now: float, grace: float = GRACE, at_once: Container[str] = ()) -> list[Waiting]:
    """Pruned snapshots that have waited `grace` seconds, and all of the slots in `at_once`.

    For those that nobody has seen before, waiting begins. Cheap: no manifest is read. Raises OSError.
    """
    found = []
    for slot in check.slots_with_snapshots(store):
        for one in waiting(store, slot):
            waited = now - max(one.since) if one.since else -1.0
            if slot in at_once or waited >= grace:
                found.append(one)
            elif waited < 0:  # or the clock was put back: it counts anew
                _forget(store, one)
                _begin(store, one, now)
    return found


def drop(store: Store, one: Waiting) -> bool:
    """Remove a pruned snapshot for good; False when it was brought back, or went already."""
    _forget(store, one)
    try:
        os.unlink(manifests.path_of(store, place(one.slot), one.id))
    except FileNotFoundError:
        return False
    return True


def _begin(store: Store, one: Waiting, now: float) -> None:
    with contextlib.suppress(FileNotFoundError):  # its slot was renamed just now
        os.close(os.open(_sign(store, one, max(0, int(now))), os.O_WRONLY | os.O_CREAT, 0o600))


def _forget(store: Store, one: Waiting) -> None:
    for seconds in one.since:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_sign(store, one, seconds))


def _sign(store: Store, one: Waiting, seconds: int) -> str:
    return os.path.join(store.snapshots(place(one.slot)), f"{one.id}.since-{seconds}")


def _none(slot: str, identifier: str) -> NoSuchSnapshot:
    return NoSuchSnapshot(
        f"slot {slot} has no snapshot {identifier}; it may have been collected",
        f"list them: wagit snapshots ls {slot}",
    )
