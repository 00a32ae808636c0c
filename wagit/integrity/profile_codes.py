"""Codes of findings: a Chrome profile as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wagit.integrity.findings import Code

_LOGGED_OUT = "WhatsApp shows a QR: it needs both halves of the login."
_NOTHING = "Nothing by itself."

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "login-half": Code(
            "fatal", "half of the login missing", _LOGGED_OUT, "restore", "restore a snapshot, which has both"
        ),
        "indexeddb-wiped": Code(
            "fatal",
            "IndexedDB begun anew",
            "WhatsApp shows a QR: Local Storage names an account, and its keys are gone.",
            "restore",
            "restore a snapshot: Chromium deletes all of IndexedDB when it meets damage",
        ),
        "not-writable": Code(
            "fatal",
            "file that this user cannot read and write",
            "Chromium fails, or begins anew without it.",
            None,
            "give it to the user that runs the bot: `chown -R`",
        ),
        "two-layouts": Code(
            "warning",
            "IndexedDB as LevelDB and as SQLite",
            "Chromium opens one of them and may delete the other: which one depends on its version.",
            None,
            "use one version of the browser; when in doubt, restore a snapshot",
        ),
        "size-budget": Code(
            "warning",
            "session larger than it should be",
            "Nothing by itself: snapshots, checks and starts take longer.",
            None,
            "delete old chats in WhatsApp, or link the device anew",
        ),
        "lock-stale": Code(
            "warning", "lock of a browser that ended", _NOTHING, "drop", "nothing to do: Chromium removes it"
        ),
        "lock-live": Code(
            "warning",
            "browser has the profile open",
            "A second browser cannot open it, and what was read here may have changed meanwhile.",
            None,
            "stop the bot and check again",
        ),
        "lock-elsewhere": Code(
            "warning",
            "lock of another host",
            "Chromium does not start while it is there (exit status 21).",
            None,
            "close the browser there; if that host is gone, remove `SingletonLock`",
        ),
    }
)
