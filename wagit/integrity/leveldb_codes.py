"""What can be wrong with a LevelDB directory, and what Chromium then does to the login.

IndexedDB is opened so that any damage LevelDB meets makes Chromium delete the whole database; Local
Storage so that what is damaged is left out. The codes say the worse of the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from wagit.integrity.findings import Code

_WIPED = "Chromium deletes the whole database when it opens it, and the login with it."
_ON_READING = "Chromium deletes the whole database, and the login with it, once it reads this part."
_SECOND = "The first start works and writes behind it; the second one deletes the whole database."
_NEWEST = "The login may work, but its newest rows are gone without a word."
_NOTHING = "Nothing: LevelDB does not read this part."
_REBUILD = "take this file from a snapshot that has it, else restore a snapshot"
_RESTORE = "restore a snapshot"

CODES: Mapping[str, Code] = {
    "leveldb-empty": Code(
        "warning", "no database", "Nothing by itself: Chromium makes a new, empty one.", None,
        "nothing to do for a session that was never used; else restore a snapshot",
    ),
    "leveldb-unreadable": Code(
        "fatal", "file that cannot be read", "Chromium cannot read it either, and may start anew.",
        "restore", "make the file readable for you, else restore a snapshot",
    ),
    "leveldb-current": Code(
        "fatal", "CURRENT missing or damaged", "Chromium finds no database and makes a new, empty one.",
        "rebuild", _REBUILD,
    ),
    "leveldb-manifest": Code("fatal", "MANIFEST missing or damaged", _WIPED, "rebuild", _REBUILD),
    "leveldb-table-missing": Code("fatal", "table missing", _WIPED, "rebuild", _REBUILD),
    "leveldb-table": Code("fatal", "damaged table", _ON_READING, "rebuild", _REBUILD),
    "leveldb-table-other": Code(
        "fatal", "table in another's place", "Rows appear and vanish, and the login with them.", "rebuild",
        _REBUILD,
    ),
    "leveldb-torn-tail": Code(
        "fatal", "torn tail of a log", _SECOND, "cut", "cut it off: it was never written completely",
    ),
    "leveldb-bad-tail": Code(
        "fatal", "damaged tail of a log", _WIPED, "cut",
        "cut it off: what its last record held, if it was one, is lost",
    ),
    "leveldb-log": Code("fatal", "log damaged before its end", _WIPED, "restore", _RESTORE),
    "leveldb-log-missing": Code("loss", "log missing", _NEWEST, "restore", _RESTORE),
    "leveldb-log-short": Code("loss", "log shortened or emptied", _NEWEST, "restore", _RESTORE),
    "leveldb-log-gap": Code(
        "loss", "log with a gap, or of another database", "Rows are gone, or are another session's.",
        "restore", _RESTORE,
    ),
    "leveldb-lost-before": Code(
        "warning", "rows lost earlier", "Nothing more: they were lost before a browser opened it last.",
        None, "nothing can be done: what was written since builds on it",
    ),
    "leveldb-left-out": Code(
        "warning", "torn end of an older log", _NOTHING, None, "nothing to do: no later row is missing",
    ),
    "leveldb-surplus": Code("warning", "bytes behind a table's end", _NOTHING, None, "nothing to do"),
    "leveldb-padding": Code("warning", "padding is not zero", _NOTHING, None, "nothing to do"),
}  # fmt: skip
