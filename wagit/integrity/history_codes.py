"""Codes of findings: what may not change did, since the session was last known to be whole."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wagit.integrity.findings import Code

_NEWEST = "The login may work, but its newest rows are gone without a word."
_OTHERS = "The login's rows are another session's, or older ones: WhatsApp may show a QR."
_REBUILD = "take this file from the snapshot that has it, else restore a snapshot"
_RESTORE = "restore a snapshot"

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "file-changed": Code("fatal", "file that never changes changed", _OTHERS, "rebuild", _REBUILD),
        "file-shorter": Code("loss", "file that only grows is shorter", _NEWEST, "restore", _RESTORE),
        "log-changed": Code("fatal", "known part of a log changed", _OTHERS, "restore", _RESTORE),
        "log-missing": Code("loss", "known log missing", _NEWEST, "restore", _RESTORE),
        "blob-missing": Code(
            "loss",
            "blob missing",
            "A row that keeps its value in this file has lost it.",
            "rebuild",
            _REBUILD,
        ),
        "database-missing": Code(
            "fatal",
            "known database missing",
            "The library makes an empty one: the login is lost.",
            "restore",
            _RESTORE,
        ),
        "database-replaced": Code(
            "warning",
            "another database",
            "Nothing, if the device was linked anew; else the login is lost.",
            None,
            "nothing to do if it was linked anew; else restore a snapshot",
        ),
        "login-mixed": Code(
            "fatal",
            "halves of two logins",
            "WhatsApp shows a QR: IndexedDB and Local Storage are not of the same login.",
            "restore",
            _RESTORE,
        ),
    }
)
