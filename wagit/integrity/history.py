"""What a session's history proves of LevelDB directories, SQLite files and blobs.

The data may have moved on since, so only what never happens is a finding. LevelDB gives each file a
number of its own: a table (`.ldb`) never changes, a `.log` and a `MANIFEST` only grow, and what is gone
was compacted away. Only what a stop or a kill left of a half-done compaction, which no MANIFEST names, is
deleted at the next start, and its number given away again. Blobs never change either. A directory in
which nothing of the same name is as it was is another database: WhatsApp was linked anew, or it was put
there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Literal, NamedTuple

from wagit.integrity.findings import Finding, History, Known, Read, finding
from wagit.integrity.history_codes import CODES
from wagit.integrity.history_files import Change, change_of
from wagit.integrity.leveldb import table_name
from wagit.integrity.leveldb_bytes import Malformed
from wagit.integrity.leveldb_file import opened
from wagit.integrity.leveldb_log import BLOCK, Records
from wagit.integrity.leveldb_version import version

# `equal`: every file is as it was. `unknown`: nothing that is known of it is there.
Standing = Literal["equal", "continued", "other", "unknown"]

_TELLING = 100  # bytes; a shorter MANIFEST names no table, and looks the same in all new databases
_WAL_HEADER = 32


class Compared(NamedTuple):
    """A LevelDB directory beside its history; files in `findings` are relative to it."""

    standing: Standing
    findings: list[Finding]


def below(history: History, directory: str) -> History:
    """The part of a history that is about a directory, by path relative to it."""
    prefix = f"{directory}/" if directory else ""
    return {path.removeprefix(prefix): known for path, known in history.items() if path.startswith(prefix)}


def compare_leveldb(directory: str, history: History, read: Read) -> Compared:
    """Compare a LevelDB `directory` with the files that it is known to have had."""
    wanted = {name: known for name, known in history.items() if _counts(name, history)}
    changes = {name: change_of(os.path.join(directory, name), wanted[name], read) for name in wanted}
    wrong = {name for name, change in changes.items() if _is_wrong(name, change)}
    if any(name.startswith("MANIFEST-") and change == "equal" for name, change in changes.items()):
        wrong |= {name for name, change in changes.items() if _is_lost(name, change)}
    if wrong:
        wrong -= _left_over(directory, wanted, changes, read)
    same = any(
        change in ("equal", "grown") and _tells(name, wanted[name]) for name, change in changes.items()
    )
    if not same and any(changes[name] != "missing" for name in wrong):
        return Compared("other", [])
    found = [_changed(name, changes[name], wanted[name]) for name in sorted(wrong)]
    if not same:
        return Compared("unknown", found)
    equal = set(changes.values()) == {"equal"} and _numbered_in(directory) == set(wanted)
    return Compared("equal" if equal else "continued", found)


def compare_blobs(directory: str, history: History, standing: Standing, read: Read) -> list[Finding]:
    """Compare the blobs of a database in which nothing was replaced; files are relative to `directory`.

    A page deletes blobs as it likes, so that one is gone is told only while its database is as it was.
    """
    found = []
    for name, known in sorted(history.items()):
        change = change_of(os.path.join(directory, name), known, read)
        if change == "missing" and standing == "equal":
            what = f"it had {known.size} bytes, and no row was written since"
            found.append(finding(CODES, "blob-missing", name, None, what))
        elif change not in ("equal", "missing"):
            found.append(_differs("file-changed", name, known))
    return found


def compare_sqlite(directory: str, name: str, history: History, read: Read) -> list[Finding]:
    """Compare one SQLite database of `directory`: while it is as it was, its -wal cannot have shrunk."""
    known, wal = history.get(name), history.get(f"{name}-wal")
    if known is None:
        return []
    change = change_of(os.path.join(directory, name), known, read)
    if change == "missing":
        what = f"it had {known.size} bytes when the session was last known to be whole"
        return [finding(CODES, "database-missing", name, None, what)]
    if change != "equal" or wal is None or wal.size <= _WAL_HEADER:
        return []
    if change_of(os.path.join(directory, f"{name}-wal"), wal, read) not in ("missing", "shorter"):
        return []
    what = f"it had {wal.size} bytes with changes, and the database itself is as it was"
    return [finding(CODES, "file-shorter", f"{name}-wal", None, what)]


def replaced(name: str) -> Finding:
    """Another database is where a known one was."""
    what = "no file in it continues what was there when the session was last known to be whole"
    return finding(CODES, "database-replaced", name, None, what)


def mixed(name: str, other: str) -> Finding:
    """Another database is where a known one was, beside the known other half of the login."""
    return finding(CODES, "login-mixed", name, None, f"it is another database, and {other} is as it was")


def _left_over(directory: str, wanted: History, changes: Mapping[str, Change], read: Read) -> set[str]:
    """What LevelDB was to delete: tables that the MANIFEST of then did not name, and logs it was done with.

    Without that MANIFEST no table is known to have counted.
    """
    tables = {name for name in wanted if _is_table(name)}
    for name, change in changes.items():
        if name.startswith("MANIFEST-") and change in ("equal", "grown"):
            with contextlib.suppress(Malformed, OSError), opened(directory, name, read) as source:
                then = version(Records(source.blocks(BLOCK, end=wanted[name].size)))
                logs = {log for log in wanted if log.endswith(".log") and not then.counts(int(log[:-4]))}
                return (tables - {table_name(number, wanted) for number in then.tables}) | logs
    return tables


def _counts(name: str, history: History) -> bool:
    """Whether LevelDB does not give the file's number away again: a MANIFEST has to be the one of CURRENT."""
    if not name.startswith("MANIFEST-") or "CURRENT" not in history:
        return _is_numbered(name)
    from blake3 import blake3

    return bool(blake3(f"{name}\n".encode(errors="replace")).hexdigest() == history["CURRENT"].digest)


def _is_numbered(name: str) -> bool:
    """Whether LevelDB gives the file a number of its own."""
    stem, extension = os.path.splitext(name)
    numbered = stem.isascii() and stem.isdigit()
    return (extension in (".ldb", ".sst", ".log") and numbered) or name.startswith("MANIFEST-")


def _numbered_in(directory: str) -> set[str]:
    try:
        return {name for name in os.listdir(directory) if _is_numbered(name)}
    except OSError:
        return set()


def _is_table(name: str) -> bool:
    return name.endswith((".ldb", ".sst"))


def _is_wrong(name: str, change: Change) -> bool:
    return change in ("shorter", "other") or (change == "grown" and _is_table(name))


def _tells(name: str, known: Known) -> bool:
    """Whether a file's bytes are of this one database, and not of any new one."""
    return known.size > (_TELLING if name.startswith("MANIFEST-") else 0)


def _is_lost(name: str, change: Change) -> bool:
    return change == "missing" and name.endswith(".log")


def _changed(name: str, change: Change, known: Known) -> Finding:
    if change == "missing":
        return _log_missing(name)
    if _is_table(name):
        return _differs("file-changed", name, known)
    return _differs("file-shorter" if change == "shorter" else "log-changed", name, known)


def _differs(code: str, name: str, known: Known) -> Finding:
    what = f"its first {known.size} bytes are not those it had when the session was last known to be whole"
    return finding(CODES, code, name, None, what)


def _log_missing(name: str) -> Finding:
    return finding(CODES, "log-missing", name, None, "it is gone, and no MANIFEST was written since")
