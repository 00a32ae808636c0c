"""Check an SQLite database with its -wal and -journal. The files are read only, and get no -shm."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection
from contextlib import suppress

from wagit.core.opening import regular
from wagit.integrity import sqlite_check_header, sqlite_check_journal, sqlite_check_wal
from wagit.integrity.findings import Finding, Read, finding, no_read
from wagit.integrity.sqlite_check_header import Header
from wagit.integrity.sqlite_codes import CODES
from wagit.integrity.sqlite_copy import FAILURES, opened, size_of

# Asked on the open copy, when SQLite finds no damage in it; the findings' file is given.
Inspect = Callable[[sqlite3.Connection, str], list[Finding]]

_QUICK = 256 << 20  # bytes; beyond it indexes are not compared with their tables
_MOST_PROBLEMS = 5  # that SQLite is asked for
_STEPS = 100_000  # of SQLite's machine between two looks at how many it took
_STEPS_A_BYTE = 100  # a check takes about one; a schema may ask for endless work
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_TOOBIG)


def check_sqlite(
    path: str,
    name: str,
    tables: Collection[str] = (),
    read: Read = no_read,
    inspect: Inspect | None = None,
) -> list[Finding]:
    """Check the database at `path`, which findings call `name`; one that has one of `tables` must have all.

    A file that is missing or empty and has no changes beside it is none yet, which is no finding.
    Raises nothing for what the bytes are, nor when they cannot be read.
    """
    size, wal = size_of(path), size_of(path + "-wal")
    if not size:
        return _absent(path, name, wal)
    read(size + wal + size_of(path + "-journal"))
    try:
        with open(path, "rb", opener=regular) as file:
            header = sqlite_check_header.parse(file.read(sqlite_check_header.LENGTH))
        journal = _journal(path + "-journal", name)
    except OSError as error:
        return [finding(CODES, "sqlite-unreadable", name, None, f"it cannot be read: {error.strerror}")]
    if journal is None and isinstance(header, str):
        return [finding(CODES, "sqlite-header", name, 0, f"it {header}")]
    found = journal or []
    if journal is None and isinstance(header, Header):
        found += _length(header, size, wal, name)
    frames = None
    try:
        with opened(path) as connection:
            _bound(connection, size + wal)
            frames = _committed(connection)
            found += _content(connection, name, size, tables, inspect)
    except FAILURES as error:
        found += [_failure(error, name)]
    if isinstance(header, Header):
        found += _wal(path, name, header, frames)
    return found


def _absent(path: str, name: str, wal: int) -> list[Finding]:
    """A database without a byte: new, unless there are changes to it."""
    if os.path.lexists(path) and not os.path.isfile(path):
        return [finding(CODES, "sqlite-unreadable", name, None, "it is no regular file")]
    left = "-wal" if wal > sqlite_check_wal.HEADER else ""
    if not os.path.exists(path) and size_of(path + "-journal"):
        left = left or "-journal"
    if not left:
        return []
    how = "is empty" if os.path.exists(path) else "is missing"
    return [
        finding(CODES, "sqlite-missing", name, None, f"it {how}, and there is a {left} with changes to it")
    ]


def _journal(path: str, name: str) -> list[Finding] | None:
    """What is wrong with a hot journal; None where there is none. Raises OSError."""
    with suppress(FileNotFoundError), open(path, "rb", opener=regular) as file:
        if sqlite_check_journal.is_hot(file.fileno()):
            damage = sqlite_check_journal.damage(file.fileno())
            return (
                [finding(CODES, "sqlite-journal", f"{name}-journal", damage[0], f"it {damage[1]}")]
                if damage
                else []
            )
    return None


def _length(header: Header, size: int, wal: int, name: str) -> list[Finding]:
    """Compare the size with the pages. Beside a -wal pages may be there only; SQLite looks for those."""
    wanted = header.pages * header.page_size
    if not wanted or size == wanted or wal > sqlite_check_wal.HEADER:
        return []
    code = "sqlite-truncated" if size < wanted else "sqlite-longer"
    what = f"it has {size} bytes, and its {header.pages} pages {wanted}"
    return [finding(CODES, code, name, min(size, wanted), what)]


def _bound(connection: sqlite3.Connection, size: int) -> None:
    """Let the check end after work in proportion to the size."""
    left = iter(range(100 + size * _STEPS_A_BYTE // _STEPS))
    connection.set_progress_handler(lambda: next(left, None) is None, _STEPS)


def _committed(connection: sqlite3.Connection) -> int:
    """How many frames of the -wal SQLite found committed, all of whose checksums are right."""
    _, frames, _ = connection.execute("PRAGMA wal_checkpoint").fetchone()
    return max(0, int(frames))


def _content(
    connection: sqlite3.Connection, name: str, size: int, tables: Collection[str], inspect: Inspect | None
) -> list[Finding]:
    check = "integrity_check" if size <= _QUICK else "quick_check"
    problems = [str(row[0]) for row in connection.execute(f"PRAGMA {check}({_MOST_PROBLEMS})")]
    if problems != ["ok"]:
        said = " ".join(problems[0].split())[:200] if problems else "nothing"
        return [finding(CODES, "sqlite-corrupt", name, None, f"SQLite's {check} says: {said}")]
    present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    missing = [table for table in tables if table not in present]
    if 0 < len(missing) < len(tables):  # with none of them it is new
        what = f"it has no table {', '.join(missing)}"
        return [finding(CODES, "sqlite-table-missing", name, None, what)]
    return inspect(connection, name) if inspect is not None else []


def _failure(error: BaseException, name: str) -> Finding:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    unable = isinstance(error, OSError | MemoryError) or code in _FULL
    return finding(
        CODES, "sqlite-not-checked" if unable else "sqlite-corrupt", name, None, f"SQLite says: {error}"
    )


def _wal(path: str, name: str, header: Header, committed: int | None) -> list[Finding]:
    """Changes in the -wal that were committed, and that SQLite does not see."""
    wal = f"{path}-wal"
    try:
        with open(wal, "rb", opener=regular) as file:
            parsed = sqlite_check_wal.parse(file.fileno(), header.page_size)
            if isinstance(parsed, str):
                return [finding(CODES, "sqlite-wal", f"{name}-wal", 0, f"it {parsed}")]
            lost = None
            if parsed is not None and committed is not None:
                lost = sqlite_check_wal.lost(parsed, committed, f"{path}-shm")
    except FileNotFoundError:
        parsed = lost = None
    except OSError as error:
        return [
            finding(CODES, "sqlite-unreadable", f"{name}-wal", None, f"it cannot be read: {error.strerror}")
        ]
    if parsed is None and header.version == sqlite_check_header.WAL_MODE:
        counted = sqlite_check_wal.counted_in(f"{path}-shm")
        lost = (0, f"is missing or empty, and had {counted} committed frames") if counted else None
    return [finding(CODES, "sqlite-wal", f"{name}-wal", lost[0], f"it {lost[1]}")] if lost else []
