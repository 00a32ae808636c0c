"""Ask an SQLite file something without touching it.

Even a read-only connection may write: it makes a `-shm` file and can replay a journal. So a copy is
asked, with the `-wal` or `-journal` beside it, in a private directory that is removed again. A database
with neither is asked itself, as `immutable`: then SQLite neither locks nor writes.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import quote

from wagit.core.copying import copy_contents
from wagit.core.opening import open_new, regular

MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, section 1.3.1
PARTS = ("-wal", "-journal")
# What asking a damaged file may raise; its errors' messages need not be UTF-8 (ValueError).
FAILURES = (OSError, sqlite3.Error, ValueError, OverflowError, MemoryError)


def query(path: str, sql: str) -> tuple[list[tuple[object, ...]], str]:
    """Return the rows that `sql` finds in a copy of the database at `path`, and why there are none.

    The second is empty when the question was answered. Damage and a vanished file are answers, no errors.
    """
    try:
        with open(path, "rb", opener=regular) as file:
            magic = file.read(len(MAGIC))
        if not magic:
            return [], ""  # SQLite makes an empty file first
        if magic != MAGIC:
            return [], "not an SQLite file"
        with opened(path) as connection:
            return list(connection.execute(sql)), ""
    except FAILURES as problem:
        return [], str(problem)


@contextmanager
def opened(path: str) -> Iterator[sqlite3.Connection]:
    """A connection that sees what one to `path` would see, and leaves `path` alone.

    A schema is somebody else's code: it may call nothing that reaches outside, nor make rows that are
    longer than the files. It, and what is asked of it, may raise any of FAILURES.
    """
    sizes = {part: size_of(path + part) for part in ("", *PARTS)}
    if not any(sizes[part] for part in PARTS):
        with _connection(f"file:{quote(os.path.abspath(path))}?immutable=1", sizes) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="wagit-") as directory:
        copy = os.path.join(directory, "copy.db")
        for part, size in sizes.items():
            if size or not part:
                _copy(path + part, copy + part)
        with _connection(f"file:{quote(copy)}", sizes) as connection:
            yield connection


def size_of(path: str) -> int:
    """The size of a file in bytes; 0 where there is none."""
    with suppress(OSError):
        return os.stat(path).st_size
    return 0


@contextmanager
def _connection(uri: str, sizes: dict[str, int]) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        connection.text_factory = lambda text: text.decode(errors="replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(1 << 20, sum(sizes.values())))
        connection.execute("PRAGMA trusted_schema = OFF")
        yield connection


def _copy(source: str, target: str) -> None:
    with (
        open(source, "rb", opener=regular) as reading,
        open(target, "wb", opener=lambda path, _: open_new(path)) as writing,
    ):
        copy_contents(reading.fileno(), writing.fileno())
