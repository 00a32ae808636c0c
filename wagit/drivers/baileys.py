"""Baileys: `useMultiFileAuthState(folder)` keeps a folder of JSON (Utils/use-multi-file-auth-state.ts)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wagit.drivers import folder
from wagit.drivers.base import PRELOAD, Driver, Writer

if TYPE_CHECKING:
    from wagit.integrity.findings import Finding, History, Read
    from wagit.integrity.identity import Reading


class Baileys(Driver):
    """The data directory is the auth folder."""

    name = "baileys"
    title = "Baileys"
    link = "auth_info_baileys"
    other_links = ("baileys_auth_info", "auth_info", "auth_info_multi")
    essential = ("*.json",)
    never = ("*.tmp",)
    preload = PRELOAD

    def looks_like_session(self, data: str) -> bool:
        """Whether there is a `creds.json`."""
        return os.path.isfile(os.path.join(data, "creds.json"))

    def read_identity(self, data: str) -> Reading:
        """`me.id` of `creds.json`, which is there once a phone has linked it."""
        from wagit.integrity.identity import read_baileys

        return read_baileys(data)

    def device_key(self, data: str) -> str | None:
        """By `signedIdentityKey` of `creds.json`."""
        from wagit.integrity.device_key import baileys_key

        return baileys_key(data)

    def check(self, data: str, history: History, read: Read) -> list[Finding]:
        """Check every file of the folder."""
        from wagit.integrity.baileys_check import check_baileys

        return check_baileys(data, history, read)

    def writers(self, data: str, worktree: str) -> list[Writer]:
        """JavaScript processes in the worktree that ran when the folder was last written."""
        return folder.bots_in(worktree, data)
