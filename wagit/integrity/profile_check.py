"""Check a Chrome profile as a whole: both halves of WhatsApp's login, and whether they belong together."""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.integrity import findings as forms
from wagit.integrity import history as histories
from wagit.integrity import indexed_db
from wagit.integrity.findings import Finding, History, Read, finding, no_read
from wagit.integrity.history import Compared
from wagit.integrity.identity import INDEXED_DB, LOCAL_STORAGE, WHATSAPP
from wagit.integrity.leveldb_check import check_leveldb
from wagit.integrity.profile_codes import CODES
from wagit.integrity.profile_files import BUDGET, essential_size, locked_away
from wagit.integrity.sqlite_check import check_sqlite

LEVELDB = f"{INDEXED_DB}.indexeddb.leveldb"
BLOBS = f"{INDEXED_DB}.indexeddb.blob"
SQLITE_TABLES = ("indexed_db_metadata", "object_stores", "records")
# Local Storage has all of them while a device is linked, and none after a log-out.
_MARKERS = ("last-wid-md", "WANoiseInfo")
# A database that was begun anew is small; one with a login and its rows need not be read for names.
_SMALL = 4 << 20  # bytes


class _Halves(NamedTuple):
    """The two halves of the login, as paths relative to the profile; which are there."""

    leveldb: bool
    sqlite: bool
    local_storage: bool


def check_profile(profile: str, history: History, read: Read = no_read) -> list[Finding]:
    """Check the user-data-dir `profile`; files in findings and `history` are relative to it.

    A profile that was never used with WhatsApp is whole. Whether a browser has it open is not looked at.
    """
    halves = _halves(profile)
    found = locked_away(profile)
    structure: list[Finding] = []
    for directory in (LEVELDB, LOCAL_STORAGE):
        if os.path.isdir(os.path.join(profile, directory)):
            structure += _leveldb(profile, directory, read)
    structure += _sqlite(profile, history, read)
    found += structure
    found += _against_history(profile, history, {item.file for item in structure}, read)
    found += _login(profile, halves)
    found += _others(profile, read)
    size = essential_size(profile)
    if size > BUDGET:
        found.append(
            finding(CODES, "size-budget", "Default", None, f"it has {size >> 20} MB of {BUDGET >> 20}")
        )
    return found


def _halves(profile: str) -> _Halves:
    there = [
        os.path.lexists(os.path.join(profile, directory, "CURRENT")) for directory in (LEVELDB, LOCAL_STORAGE)
    ]
    return _Halves(there[0], bool(indexed_db.files_in(os.path.join(profile, INDEXED_DB))), there[1])


def _leveldb(profile: str, directory: str, read: Read) -> list[Finding]:
    return forms.below(directory, check_leveldb(os.path.join(profile, directory), read))


def _sqlite(profile: str, history: History, read: Read) -> list[Finding]:
    """Check each database of the newer IndexedDB."""
    directory = os.path.join(profile, INDEXED_DB)
    known = histories.below(history, INDEXED_DB)
    found = []
    for name in indexed_db.files_in(directory):
        found += check_sqlite(os.path.join(directory, name), name, SQLITE_TABLES, read)
        if os.path.exists(os.path.join(directory, name)):
            found += histories.compare_sqlite(directory, name, known, read)
    return forms.below(INDEXED_DB, found)


def _against_history(profile: str, history: History, named: set[str], read: Read) -> list[Finding]:
    """What the history proves, but for files that are `named` already."""
    compared = {
        directory: histories.compare_leveldb(
            os.path.join(profile, directory), histories.below(history, directory), read
        )
        for directory in (LEVELDB, LOCAL_STORAGE)
        if os.path.lexists(os.path.join(profile, directory, "CURRENT"))
    }
    found = _standing(compared)
    for directory, one in compared.items():
        found += forms.below(directory, one.findings)
    standing = compared[LEVELDB].standing if LEVELDB in compared else "unknown"
    if standing in ("equal", "continued"):
        blobs = histories.below(history, BLOBS)
        found += forms.below(
            BLOBS, histories.compare_blobs(os.path.join(profile, BLOBS), blobs, standing, read)
        )
    return [item for item in found if item.file not in named]


def _standing(compared: dict[str, Compared]) -> list[Finding]:
    """A half that is another database: beside the known other half it is no new login."""
    others = [directory for directory, one in compared.items() if one.standing == "other"]
    equal = [directory for directory, one in compared.items() if one.standing == "equal"]
    if others and equal:
        return [histories.mixed(others[0], equal[0])]
    return [histories.replaced(directory) for directory in others]


def _login(profile: str, halves: _Halves) -> list[Finding]:
    """Whether both halves are there, and agree that a device is linked or that none is."""
    found = []
    if halves.leveldb and halves.sqlite:
        what = f"there are {LEVELDB} and databases in {INDEXED_DB}"
        found.append(finding(CODES, "two-layouts", INDEXED_DB, None, what))
    has_database = halves.leveldb or halves.sqlite
    if has_database and not halves.local_storage:
        if _names(profile, halves):
            what = "IndexedDB has WhatsApp's databases, and there is no Local Storage"
            found.append(finding(CODES, "login-half", LOCAL_STORAGE, None, what))
    elif halves.local_storage and _names_account(profile):
        if not has_database:
            what = "Local Storage names an account, and there is no IndexedDB"
            found.append(finding(CODES, "login-half", INDEXED_DB, None, what))
        elif _names(profile, halves) == set():
            what = "Local Storage names an account, and IndexedDB has none of WhatsApp's databases"
            where = LEVELDB if halves.leveldb else INDEXED_DB
            found.append(finding(CODES, "indexeddb-wiped", where, None, what))
    return found


def _names_account(profile: str) -> bool:
    """Whether Local Storage has the markers of a linked device; damage is found elsewhere."""
    from wagit.integrity.leveldb import LevelDBUnreadable
    from wagit.integrity.local_storage import read_local_storage

    try:
        stored = read_local_storage(os.path.join(profile, LOCAL_STORAGE), WHATSAPP)
    except (LevelDBUnreadable, OSError, ValueError):
        return False
    return all(stored.get(marker) for marker in _MARKERS)


def _names(profile: str, halves: _Halves) -> set[str] | None:
    """Which of WhatsApp's databases there are; None where that cannot be told."""
    found: set[str] = set()
    if halves.sqlite:
        found |= indexed_db.names_in_sqlite(os.path.join(profile, INDEXED_DB))
    if halves.leveldb:
        directory = os.path.join(profile, LEVELDB)
        if _size(directory) > _SMALL:
            return set(indexed_db.WHATSAPPS)
        names = indexed_db.names_in_leveldb(directory)
        if names is None:
            return None
        found |= names & set(indexed_db.WHATSAPPS)
    return found


def _size(directory: str) -> int:
    try:
        with os.scandir(directory) as listing:
            return sum(item.stat(follow_symlinks=False).st_size for item in listing)
    except OSError:
        return 0


def _others(profile: str, read: Read) -> list[Finding]:
    """Damage to other origins' IndexedDB, which does not cost WhatsApp's login."""
    parent = os.path.dirname(INDEXED_DB)
    try:
        names = sorted(os.listdir(os.path.join(profile, parent)))
    except OSError:
        return []
    found = []
    for name in names:
        directory = f"{parent}/{name}"
        if name.endswith(".indexeddb.leveldb") and directory != LEVELDB:
            found += _leveldb(profile, directory, read)
    effect = "Nothing for WhatsApp: it is another site's."
    return [item._replace(severity="warning", effect=effect, mend=None) for item in found]
