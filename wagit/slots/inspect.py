"""Facts about a slot for people: state, age, size. Reads only."""

from __future__ import annotations

import os
from typing import Literal

from wagit.config.running import Health
from wagit.core.store import Store
from wagit.integrity.identity import Identity, Reading, login_name
from wagit.slots.records import SlotRecord

State = Literal["empty", "linked", "busy", "corrupt", "logged-out"]
Age = Literal["fresh", "aging", "old", "unknown"]


def state_of(found: Reading, *, held: bool, data: str, removed: bool = False, damaged: bool = False) -> State:
    """Judge a slot. Its data tells whether it is linked; the rest only a bot and a full check can tell.

    `removed`: WhatsApp has logged out the login that is or was in it. `damaged`: the last full check found
    damage.
    """
    if held:
        return "busy"
    if found.damaged or damaged:
        return "corrupt"
    if found.identity is not None:
        return "logged-out" if removed else "linked"
    return "logged-out" if removed or has_files(data) else "empty"


def is_removed(record: SlotRecord, identity: Identity | None) -> bool:
    """Whether a login is the one that WhatsApp is known to have logged out."""
    return identity is not None and record.removed == login_name(*identity)


def last_login(record: SlotRecord) -> Identity | None:
    """The login that the slot is known to have had; whatsapp-web.js deletes all of it on LOGOUT."""
    return Identity(record.account, record.device) if record.account and record.device else None


def removed_at(record: SlotRecord, identity: Identity | None, data: str) -> float | None:
    """When WhatsApp was seen to log out the login that is in `data`, or was there before it was emptied."""
    login = identity or (None if has_files(data) else last_login(record))
    return (record.removed_at or record.created) if is_removed(record, login) else None


def age_of(last_ready: float | None, now: float, health: Health) -> Age:
    """Grade a session by when it was last ready."""
    if last_ready is None:
        return "unknown"
    if now - last_ready <= health.fresh:
        return "fresh"
    return "aging" if now - last_ready <= health.old else "old"


def size_of(directory: str) -> int:
    """Bytes of all files below `directory`; what vanishes meanwhile counts as nothing."""
    total = 0
    for parent, _, files in os.walk(directory):
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total


def quarantine_size(store: Store) -> int:
    """Bytes of all that was set aside, of all slots."""
    return size_of(os.path.join(store.root, "quarantine"))


def has_files(directory: str) -> bool:
    """Whether anything but empty directories is there; a file in the directory's place counts."""
    return os.path.isfile(directory) or any(files for _, _, files in os.walk(directory))
