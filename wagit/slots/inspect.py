"""Facts about a slot for people: state, age, size. Reads only."""

from __future__ import annotations

import os
from typing import Literal

from wagit.config.model import Health
from wagit.integrity.identity import Reading

State = Literal["empty", "linked", "busy", "corrupt", "logged-out"]
Age = Literal["fresh", "aging", "old", "unknown"]


def state_of(found: Reading, *, held: bool, data: str) -> State:
    """Judge a slot from its data alone; whether WhatsApp still accepts the login only a bot can tell."""
    if held:
        return "busy"
    if found.identity is not None:
        return "linked"
    if found.damaged:
        return "corrupt"
    return "logged-out" if has_files(data) else "empty"


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


def has_files(directory: str) -> bool:
    """Whether anything but empty directories is there; a file in the directory's place counts."""
    return os.path.isfile(directory) or any(files for _, _, files in os.walk(directory))
