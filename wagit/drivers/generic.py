"""Any other client library: all that is known is where its session lies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wagit.drivers import folder
from wagit.drivers.base import Driver, Writer

if TYPE_CHECKING:
    from wagit.integrity.findings import Finding, History, Read
    from wagit.integrity.identity import Reading


class Generic(Driver):
    """The data directory is whatever the bot opens at the link or at `WAGIT_DATA_DIR`."""

    name = "generic"
    title = "another client library"
    link = ".wagit-session"
    essential = ("*",)
    never = ("Singleton*", "LOCK", "lockfile", "*.sock", "*.pid")

    def looks_like_session(self, data: str) -> bool:
        """Whether there is anything inside."""
        try:
            return bool(os.listdir(data))
        except OSError:
            return False

    def read_identity(self, data: str) -> Reading:
        """Nothing is known of the format."""
        from wagit.integrity.identity import Reading

        return Reading(None, f"{data} has a format that wagit does not know")

    def is_linked(self, data: str) -> bool:
        """Whether there is anything inside: the nearest to a login that can be told."""
        return self.looks_like_session(data)

    def check(self, data: str, history: History, read: Read) -> list[Finding]:  # noqa: ARG002  # no file of an unknown format may not change
        """Whether every file can be read: nothing is known of the format."""
        from wagit.integrity.files_check import check_files

        return check_files(data, read)

    def writers(self, data: str, worktree: str) -> list[Writer]:
        """Processes with a file open in it, and JavaScript bots in the worktree."""
        found = {writer.pid: writer for writer in folder.bots_in(worktree, data)}
        found |= {writer.pid: writer for writer in folder.open_by(data)}
        return list(found.values())

    def writers_through(self, data: str, worktree: str) -> list[Writer]:
        """The same, of the processes in `worktree`."""
        found = {writer.pid: writer for writer in folder.bots_in(worktree, data)}
        found |= {writer.pid: writer for writer in folder.open_by(data, worktree)}
        return list(found.values())
