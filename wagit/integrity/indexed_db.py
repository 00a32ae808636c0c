"""WhatsApp's databases in Chromium's IndexedDB, by name, without reading their rows.

As LevelDB, all databases of an origin share one directory, and metadata keys name them
(content/browser/indexed_db/docs/leveldb_coding_scheme.md). As SQLite, each has a file of its own, named by
the Base32 of the SHA-256 of its name (content/browser/indexed_db/file_path_util.cc).
"""

from __future__ import annotations

import base64
import hashlib
import os

from wagit.integrity.leveldb import LevelDBUnreadable, read_newest
from wagit.integrity.leveldb_bytes import Cursor, Malformed

# What WhatsApp Web keeps a login in, and its rows.
WHATSAPPS = ("wawc", "wawc_db_enc", "signal-storage", "model-storage")
_NAME = b"\0\0\0\0\xc9"  # database, object store and index 0; type 201, a database's name
_FILE_NAME_LENGTH = 52


def names_in_leveldb(directory: str) -> set[str] | None:
    """Names of the databases in a LevelDB `directory`; None when it cannot be read."""
    try:
        return {_name(key) for key in read_newest(directory) if key.startswith(_NAME)}
    except (LevelDBUnreadable, Malformed, OSError):
        return None


def names_in_sqlite(directory: str) -> set[str]:
    """Which of WhatsApp's databases are in a `directory` of SQLite files."""
    return {name for name in WHATSAPPS if os.path.isfile(os.path.join(directory, file_name(name)))}


def file_name(name: str) -> str:
    """The SQLite file of the database `name`."""
    return base64.b32encode(hashlib.sha256(name.encode("utf-16-le")).digest()).decode().rstrip("=")


def files_in(directory: str) -> list[str]:
    """Names of the SQLite databases in `directory`, sorted, those of which only a part is left as well."""
    try:
        names = {name.removesuffix("-wal").removesuffix("-journal") for name in os.listdir(directory)}
    except OSError:
        return []
    return sorted(name for name in names if name == "0" or _is_file_name(name))


def _is_file_name(name: str) -> bool:
    return len(name) == _FILE_NAME_LENGTH and name.isascii() and name.isalnum() and name.isupper()


def _name(key: bytes) -> str:
    """The name at the end of a key: origin and name, each as its length and UTF-16 (big-endian)."""
    cursor = Cursor(key, len(_NAME))
    cursor.take(2 * cursor.varint())
    return cursor.take(2 * cursor.varint()).decode("utf-16-be", errors="replace")
