"""Codes of findings: SQLite databases, whatsmeow's and those of Chromium's newer IndexedDB."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wagit.integrity.findings import Code

_RESTORE = "restore a snapshot"
_REFUSED = "The library cannot open the database, or starts an empty one in its place: the login is lost."

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "sqlite-missing": Code(
            "fatal", "database gone while its changes are there", _REFUSED, "restore", _RESTORE
        ),
        "sqlite-unreadable": Code(
            "fatal",
            "database that cannot be read",
            _REFUSED,
            None,
            "make it a file that you can read and write, on a disk that works; else restore a snapshot",
        ),
        "sqlite-header": Code("fatal", "damaged header of a database", _REFUSED, "restore", _RESTORE),
        "sqlite-truncated": Code(
            "fatal",
            "database shorter than its pages",
            "SQLite calls it malformed as soon as it needs a page that is gone.",
            "restore",
            _RESTORE,
        ),
        "sqlite-corrupt": Code(
            "fatal",
            "damage that SQLite's own check finds",
            "Reads fail or give wrong rows, and writes make it worse: keys that the login needs may be gone.",
            "restore",
            _RESTORE,
        ),
        "sqlite-table-missing": Code(
            "fatal",
            "table missing",
            "The library fails when it asks for it, or makes an empty one: the login is lost.",
            "restore",
            _RESTORE,
        ),
        "sqlite-journal": Code(
            "fatal",
            "damaged journal of a half-written change",
            "SQLite cannot take the half-written change back, and keeps a mixture of old and new pages.",
            "restore",
            _RESTORE,
        ),
        "sqlite-wal": Code(
            "loss",
            "committed changes in a -wal lost",
            "SQLite drops them without a word: the newest rows and keys are gone.",
            "restore",
            _RESTORE,
        ),
        "sqlite-longer": Code(
            "warning",
            "database longer than its pages",
            "Nothing: SQLite does not look at the rest.",
            None,
            "nothing to do; `VACUUM` makes the file as short as its pages",
        ),
        "sqlite-not-checked": Code(
            "warning",
            "database that could not be checked",
            "Unknown: there was no room for the copy that is checked, or the check was too much work.",
            None,
            "make room in the directory for temporary files (TMPDIR) and check again",
        ),
        "whatsmeow-keys": Code(
            "fatal",
            "device of whatsmeow without its keys",
            "whatsmeow refuses the device, or WhatsApp refuses its keys: a new login is needed.",
            "restore",
            _RESTORE,
        ),
    }
)
