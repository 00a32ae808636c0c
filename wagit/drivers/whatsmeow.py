"""whatsmeow and neonize: one SQLite file with `whatsmeow_*` tables (store/sqlstore/upgrades)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wagit.core.opening import regular
from wagit.drivers import folder
from wagit.drivers.base import Driver, Writer

if TYPE_CHECKING:
    from wagit.integrity.findings import Finding, History, Read
    from wagit.integrity.identity import Reading

ENDINGS = (".db", ".sqlite", ".sqlite3")


_SCHEMA_WITHIN = 4 << 20  # bytes: SQLite keeps the schema in its first pages


class Whatsmeow(Driver):
    """The data directory holds the database; the link points at the file, for SQLite opens that."""

    name = "whatsmeow"
    title = "whatsmeow, neonize"
    link = "whatsmeow.db"
    other_links = ("examplestore.db", "store.db", "session.db", "db.sqlite3", "neonize.db")
    link_is_file = True
    essential = tuple(f"/*{ending}{part}" for ending in ENDINGS for part in ("", "-wal", "-journal"))
    never = ("*-shm",)  # rebuilt from the -wal

    def profiles(self, data: str) -> list[str]:
        """Names of the databases in `data` that hold whatsmeow's tables."""
        from wagit.integrity.identity import is_whatsmeow

        try:
            names = sorted(os.listdir(data))
        except OSError:
            return []
        return [name for name in names if name.endswith(ENDINGS) and is_whatsmeow(os.path.join(data, name))]

    def default_profile(self, data: str) -> str:  # noqa: ARG002
        """The file a new slot gets."""
        return self.link

    def looks_like_session(self, data: str) -> bool:
        """Whether `data` is such a database, or a directory that holds one."""
        from wagit.integrity.identity import is_whatsmeow

        return is_whatsmeow(data) if os.path.isfile(data) else bool(self.profiles(data))

    def read_identity(self, data: str) -> Reading:
        """The `jid` of the only row in `whatsmeow_device`."""
        from wagit.integrity.identity import read_whatsmeow

        return read_whatsmeow(self.session_path(data))

    def device_key(self, data: str) -> str | None:
        """By `identity_key` of the only row in `whatsmeow_device`."""
        from wagit.integrity.device_key import whatsmeow_key

        return whatsmeow_key(self.session_path(data))

    def check(self, data: str, history: History, read: Read) -> list[Finding]:
        """Check each database, and those of which only a part is left, or nothing but the knowledge."""
        from wagit.integrity.history import compare_sqlite
        from wagit.integrity.sqlite_check_whatsmeow import check_whatsmeow

        found: list[Finding] = []
        for name in self._databases(data, history):
            one = check_whatsmeow(os.path.join(data, name), name, read)
            found += one or compare_sqlite(data, name, history, read)
        return found

    def _databases(self, data: str, history: History) -> list[str]:
        """Names of what is, or was known to be, the login's database in `data`, sorted.

        Bots keep others beside it, whose damage is no business of the login's. Where none is the login's for
        sure, each may be what is left of it.
        """
        try:
            names = {*os.listdir(data), *history}
        except OSError:
            names = set(history)
        bare = {name.removesuffix("-wal").removesuffix("-journal") for name in names}
        found = sorted(name for name in bare if name.endswith(ENDINGS) and "/" not in name)
        known = {
            self.link,
            *self.other_links,
            *(name for name in history if _was_database(history[name].size)),
        }
        return [
            name for name in found if name in known or _mentions_tables(os.path.join(data, name))
        ] or found

    def writers(self, data: str, worktree: str) -> list[Writer]:  # noqa: ARG002
        """Processes that have the database open: SQLite keeps it open for as long as the bot runs."""
        return folder.open_by(data)

    def writers_through(self, data: str, worktree: str) -> list[Writer]:
        """The same, of the processes in `worktree`."""
        return folder.open_by(data, worktree)


def _was_database(size: int) -> bool:
    """Whether a file of `size` bytes was SQLite's: it has whole pages (fileformat2.html, section 1.3.2)."""
    return size > 0 and size % 512 == 0


def _mentions_tables(path: str) -> bool:
    """Whether the schema of whatsmeow is in a file, be it as damaged as it may."""
    try:
        with open(path, "rb", opener=regular) as file:
            return b"whatsmeow_device" in file.read(_SCHEMA_WITHIN)
    except OSError:
        return False
