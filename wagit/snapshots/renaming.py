"""Rename a slot and its snapshots together. Killed at any step, the next command completes it.

An intent is written first: the names, and the inode of the slot's directory, which tells afterwards whether
that has its new name. A slot of the new name may have left snapshots: then both histories become one, and
the newest snapshot of the slot that is renamed stays the newest.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import NamedTuple

from wagit.core.atomic import atomic_write, fsync_directory, rename_durably
from wagit.core.locks import Locked, acquire
from wagit.core.store import Store
from wagit.snapshots import aside, create, objects
from wagit.snapshots import manifest as manifests
from wagit.snapshots.staging import Staging

PATIENCE = 60.0  # seconds to wait for another renaming


class Intent(NamedTuple):
    """What is to be renamed; `inode` is that of the slot's directory."""

    old: str
    new: str
    inode: int


def rename(store: Store, old: str, new: str) -> None:
    """Rename the slot `old`, which must be held, with its snapshots; no slot may be called `new`.

    Raises Locked, OSError.
    """
    with acquire(_lock(store), wait=PATIENCE):
        _complete(store)
        inode = os.stat(store.slot(old)).st_ino
        atomic_write(store.renaming(), json.dumps(Intent(old, new, inode)._asdict()).encode())
        rename_durably(store.slot(old), store.slot(new))
        _complete(store)


def complete(store: Store) -> None:
    """Complete what a killed process had begun; costs a look at one name where there is nothing to do.

    Who is at it right now is left alone. Raises OSError.
    """
    if not os.path.exists(store.renaming()):
        return
    with contextlib.suppress(Locked), acquire(_lock(store), wait=0.0):
        _complete(store)


def _complete(store: Store) -> None:
    intent = _read(store)
    if intent is None:
        return
    with contextlib.suppress(FileNotFoundError):
        if os.stat(store.slot(intent.new)).st_ino == intent.inode:
            _take_along(store, intent)
    os.unlink(store.renaming())
    fsync_directory(store.root)


def _take_along(store: Store, intent: Intent) -> None:
    source, target = store.snapshots(intent.old), store.snapshots(intent.new)
    if not os.path.isdir(source):
        return
    with Staging(store) as staging, objects.lock(store):  # whoever collects must not miss any on its way
        if not os.path.exists(target):
            rename_durably(source, target)
            return
        _stay_newest(store, intent, staging)
        for place in (aside.place(intent.old), intent.old):
            _merge(store, place, place.replace(intent.old, intent.new, 1))


def _stay_newest(store: Store, intent: Intent, staging: Staging) -> None:
    """Write the newest snapshot once more, with a number that is greater than any of both histories."""
    own, other = create.newest(store, intent.old), create.newest(store, intent.new)
    if own.manifest is not None and own.manifest.header.number < other.number:
        header = own.manifest.header._replace(number=max(own.number, other.number))
        manifests.write(store, header, own.manifest.entries, staging.new_name())


def _merge(store: Store, source: str, target: str) -> None:
    """Move every file of one directory of manifests to another, then remove it."""
    here, there = store.snapshots(source), store.snapshots(target)
    if not os.path.isdir(here):
        return
    os.makedirs(there, mode=0o700, exist_ok=True)
    for name in os.listdir(here):
        os.replace(os.path.join(here, name), os.path.join(there, name))
    fsync_directory(there)
    os.rmdir(here)
    fsync_directory(os.path.dirname(here))


def _read(store: Store) -> Intent | None:
    try:
        with open(store.renaming(), "rb") as file:
            return Intent(**json.loads(file.read()))
    except FileNotFoundError:
        return None


def _lock(store: Store) -> str:
    return store.renaming() + ".lock"
