"""What the drivers of libraries that drive a Chrome profile have in common."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from wagit.drivers import chrome
from wagit.drivers.base import PRELOAD, Driver, Writer

if TYPE_CHECKING:
    from wagit.integrity.findings import Finding, History, Read
    from wagit.integrity.identity import Reading

# The login is the pair of them; caches, cookies and preferences can go, one and all.
LOGIN = ("Default/IndexedDB/", "Default/Local Storage/leveldb/")
# Locks and sockets belong to the process that made them; a copy of one keeps a browser from starting.
NEVER = ("Singleton*", "LOCK", "lockfile", "DevToolsActivePort")


class ProfilesDriver(Driver):
    """A library that keeps one user-data-dir for each client name inside its data directory."""

    default: ClassVar[str]
    essential = tuple(f"/*/{path}" for path in LOGIN)
    never = NEVER
    preload = PRELOAD

    def profiles(self, data: str) -> list[str]:
        """The user-data-dirs inside `data`."""
        return chrome.profiles_in(data)

    def default_profile(self, data: str) -> str:  # noqa: ARG002
        """The directory of a client without a name."""
        return self.default

    def looks_like_session(self, data: str) -> bool:
        """Whether there is a user-data-dir inside."""
        return bool(self.profiles(data))

    def read_identity(self, data: str) -> Reading:
        """The only login among the profiles; none where several are linked, for a bot may open any."""
        from wagit.integrity.identity import Reading

        readings = self._readings(data)
        linked = [reading for reading in readings if reading.identity is not None]
        if len(linked) > 1:
            return Reading(None, f"{data} holds {len(linked)} logins", unnamed=True)
        return (linked or readings)[0]

    def device_key(self, data: str) -> str | None:
        """Of the only profile, by what it keeps in Local Storage."""
        from wagit.integrity.device_key import profile_key

        return profile_key(self.session_path(data))

    def is_linked(self, data: str) -> bool:
        """Whether one of the profiles at least holds a login."""
        return any(one.identity is not None or one.unnamed for one in self._readings(data))

    def browser(self, data: str) -> str | None:
        """What Chromium writes into `Last Version` of the user-data-dir."""
        return chrome.last_version(self.session_path(data))

    def backend(self, data: str) -> str | None:
        """By the layout below `IndexedDB`."""
        return chrome.backend_of(self.session_path(data))

    def check(self, data: str, history: History, read: Read) -> list[Finding]:
        """Check each of the profiles."""
        from wagit.drivers import chrome_lock
        from wagit.integrity import findings, profile_check
        from wagit.integrity import history as histories

        found: list[Finding] = []
        for name in self.profiles(data):
            path = os.path.join(data, name) if name else data
            one = profile_check.check_profile(path, histories.below(history, name), read)
            found += findings.below(name, one + chrome_lock.check_lock(path))
        return found

    def _readings(self, data: str) -> list[Reading]:
        from wagit.integrity.identity import read_profile

        return [read_profile(path) for path in self.profile_paths(data) or [self.session_path(data)]]

    def writers(self, data: str, worktree: str) -> list[Writer]:  # noqa: ARG002
        """The browsers that have one of the profiles open."""
        return [writer for path in self.profile_paths(data) for writer in chrome.writers_of(path)]
