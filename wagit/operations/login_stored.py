"""Wait until a login is on the disk: Local Storage gets there seconds after the page has written it."""

from __future__ import annotations

import os
import threading

from wagit.integrity.identity import KEYS, LOCAL_STORAGE, WHATSAPP, read_profile
from wagit.integrity.leveldb import LevelDBUnreadable
from wagit.integrity.local_storage import read_local_storage

LONGEST = 70.0  # seconds; Chromium writes within 5 the first time, within 60 later
_PAUSE = 0.2  # seconds between two looks
_SECRETS = frozenset({"WANoiseInfo", "WebEncKeySalt"})


def is_stored(profile: str) -> bool:
    """Whether the files of a profile, which a browser may have open, hold a whole login."""
    if read_profile(profile).identity is None:
        return False
    try:
        stored = read_local_storage(os.path.join(profile, LOCAL_STORAGE), WHATSAPP)
    except (LevelDBUnreadable, OSError):  # it is just being written
        return False
    return stored.keys() >= _SECRETS and not stored.keys().isdisjoint(KEYS)


def wait(profile: str, given_up: threading.Event) -> None:
    """Return when the login is stored, or LONGEST has passed, or `given_up` is set."""
    for _ in range(int(LONGEST / _PAUSE)):
        if is_stored(profile) or given_up.wait(_PAUSE):
            return
