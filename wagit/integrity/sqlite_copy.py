"""Ask an SQLite file something without touching it.

Even a read-only connection may write: it makes a `-shm` file and can replay a journal. So a copy is
asked, with the `-wal` beside it, in a private directory that is removed again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing

MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, section 1.3.1


def query(path: str, sql: str) -> tuple[list[tuple[object, ...]], str]:
    """Return the rows that `sql` finds in a copy of the database at `path`, and why there are none.

    The second is empty when the question was answered. Damage and a vanished file are answers, no errors.
    """
    try:
        with open(path, "rb") as file:
            magic = file.read(len(MAGIC))
        if not magic:
            return [], ""  # SQLite makes an empty file first
        if magic != MAGIC:
            return [], "not an SQLite file"
        with tempfile.TemporaryDirectory(prefix="wagit-") as directory:
            return _ask(_copy(path, directory), sql), ""
    except (OSError, sqlite3.Error) as problem:
        return [], str(problem)


def _copy(path: str, directory: str) -> str:
    copy = os.path.join(directory, "copy.db")
    shutil.copyfile(path, copy)
    for part in ("-wal", "-journal"):
        if os.path.exists(path + part):
            shutil.copyfile(path + part, copy + part)
    return copy


def _ask(path: str, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute(sql))
