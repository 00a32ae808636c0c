"""The essential files of a Chrome profile: whether this user may use them, and how much they are."""

from __future__ import annotations

import os
from collections.abc import Iterator

from wagit.integrity.findings import Finding, finding
from wagit.integrity.profile_codes import CODES

ESSENTIAL = ("Default/IndexedDB", "Default/Local Storage/leveldb")
# Bytes of the essential files. A login with years of chats has some hundred MB; beyond this snapshots and
# checks take many seconds, and something other than chats has probably grown.
BUDGET = 2 << 30


def locked_away(profile: str) -> list[Finding]:
    """Files and directories of the login that this user cannot read and write: the first, and how many."""
    paths = [path for path in _paths(profile) if not _usable(path)]
    if not paths:
        return []
    more = f", nor {len(paths) - 1} more" if len(paths) > 1 else ""
    what = f"this user cannot read and write it{more}"
    return [finding(CODES, "not-writable", os.path.relpath(paths[0], profile), None, what)]


def essential_size(profile: str) -> int:
    """How many bytes the essential files have."""
    total = 0
    for path in _paths(profile):
        try:
            total += 0 if os.path.isdir(path) else os.lstat(path).st_size
        except OSError:
            continue
    return total


def _paths(profile: str) -> Iterator[str]:
    """The profile itself, the directories of the login, and all that is in them."""
    yield from (path for path in (profile, os.path.join(profile, "Default")) if os.path.isdir(path))
    for essential in ESSENTIAL:
        top = os.path.join(profile, essential)
        if os.path.isdir(top):
            yield top
        for place, directories, files in os.walk(top):
            yield from (os.path.join(place, name) for name in sorted(directories + files))


def _usable(path: str) -> bool:
    if os.path.islink(path):
        return True  # it has no rights of its own
    need = os.R_OK | os.W_OK | (os.X_OK if os.path.isdir(path) else 0)
    return os.access(path, need)
