"""The key of a linked device, as a digest that tells one login from another and gives nothing away.

Account and device number name a login; the key is what it is. It stays the same for as long as the login
lives, and a new scan makes a new one, even where WhatsApp gives the same number again.
"""

from __future__ import annotations

import base64
import json
import os

from wagit.core.opening import regular
from wagit.integrity.identity import LOCAL_STORAGE, WHATSAPP

LENGTH = 16  # hex digits
_LARGEST_JSON = 4 << 20  # bytes


def profile_key(profile: str) -> str | None:
    """The digest of `WANoiseInfo` in Local Storage: the key in IndexedDB cannot be extracted."""
    from wagit.integrity.leveldb import LevelDBUnreadable
    from wagit.integrity.local_storage import read_local_storage

    try:
        stored = read_local_storage(os.path.join(profile, LOCAL_STORAGE), WHATSAPP)
    except (LevelDBUnreadable, OSError):
        return None
    return _digest(stored.get("WANoiseInfo", "").encode("utf-8", "surrogatepass"))


def baileys_key(folder: str) -> str | None:
    """The digest of the public half of `signedIdentityKey` in `creds.json`."""
    try:
        with open(os.path.join(folder, "creds.json"), "rb", opener=regular) as file:
            public = json.loads(file.read(_LARGEST_JSON))["signedIdentityKey"]["public"]
        return _digest(base64.b64decode(public["data"] if isinstance(public, dict) else public))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def whatsmeow_key(path: str) -> str | None:
    """The digest of `identity_key` of the only row in `whatsmeow_device`."""
    from wagit.integrity.sqlite_copy import query

    rows, _ = (
        query(path, "SELECT identity_key FROM whatsmeow_device LIMIT 2") if os.path.isfile(path) else ([], "")
    )
    return _digest(rows[0][0]) if len(rows) == 1 and isinstance(rows[0][0], bytes) else None


def _digest(key: bytes) -> str | None:
    from blake3 import blake3

    return str(blake3(key).hexdigest()[:LENGTH]) if key else None
