"""What wagit asks of a client library: one `Driver` for each, all stateless and read-only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from wagit.drivers import proc

if TYPE_CHECKING:  # the git hook asks for writers only, and must not pay for reading
    from wagit.integrity.findings import Finding, History, Read
    from wagit.integrity.identity import Identity, Reading

PRELOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "preload", "wagit-preload.cjs")


class Writer(NamedTuple):
    """A process that has a session open without wagit's lock.

    `host` is empty for this machine. For another host's lock `pid` is that host's, `command` is empty,
    and whether the process still runs cannot be known here.
    """

    pid: int
    command: str
    why: str
    host: str = ""

    def __str__(self) -> str:
        """Return it for people: `node bot.js (pid 4711)`."""
        where = f" on {self.host}" if self.host else ""
        return f"{self.command or 'a program'} (pid {self.pid}{where})"


class Driver:
    """What wagit knows about one client library. A slot's *data* directory is what the bot opens.

    `link` is the library's default path inside a worktree; `essential` and `never` are gitwildmatch
    patterns relative to the data directory: what a session cannot do without, and what must not be
    copied. `litter` is what the library writes into a worktree that is no session: git need not see it.
    `preload` is a file for node's `--require` that points an unmodified bot at its slot.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    link: ClassVar[str]
    other_links: ClassVar[tuple[str, ...]] = ()
    link_is_file: ClassVar[bool] = False
    litter: ClassVar[tuple[str, ...]] = ()
    essential: ClassVar[tuple[str, ...]]
    never: ClassVar[tuple[str, ...]] = ()
    preload: ClassVar[str | None] = None

    def profiles(self, data: str) -> list[str]:
        """Names of the sessions inside `data`, sorted; `[""]` where `data` itself is the one session."""
        return [""] if self.looks_like_session(data) else []

    def profile_paths(self, data: str) -> list[str]:
        """Where these `profiles` are."""
        return [os.path.join(data, name) if name else data for name in self.profiles(data)]

    def session_path(self, data: str) -> str:
        """The path a bot opens: the only session in `data`, else the library's default name there."""
        found = self.profiles(data)
        name = found[0] if len(found) == 1 else self.default_profile(data)
        return os.path.join(data, name) if name else data

    def default_profile(self, data: str) -> str:  # noqa: ARG002
        """The name the library itself would choose inside `data`; empty where it opens `data` itself."""
        return ""

    def link_target(self, data: str) -> str:
        """Where the link in the worktree points: `data`, or the file inside for a library that opens one."""
        return self.session_path(data) if self.link_is_file else data

    def looks_like_session(self, data: str) -> bool:
        """Whether `data` holds something this library wrote, linked or not."""
        raise NotImplementedError

    def read_identity(self, data: str) -> Reading:
        """Whose login `data` holds, with the reason when there is none. Never raises on damage."""
        raise NotImplementedError

    def identity(self, data: str) -> Identity | None:
        """Whose login `data` holds; None when it is not linked or cannot be read."""
        return self.read_identity(data).identity

    def device_key(self, data: str) -> str | None:  # noqa: ARG002
        """A digest of the linked device's key; None where there is none or it cannot be read."""
        return None

    def is_linked(self, data: str) -> bool:
        """Whether `data` holds a login. A log-out from the phone cannot be seen here."""
        reading = self.read_identity(data)
        return reading.identity is not None or reading.unnamed

    def check(self, data: str, history: History, read: Read) -> list[Finding]:  # noqa: ARG002
        """Read every byte of the session in `data` and return what is wrong, files relative to `data`.

        `history` are its files as they were when it was last known to be whole, empty where that is not
        known; `read` is told of the bytes read. Raises nothing for what the bytes are.
        """
        return []

    def browser(self, data: str) -> str | None:  # noqa: ARG002
        """The version of the browser that last opened `data`; None where there is none or it is not known."""
        return None

    def backend(self, data: str) -> str | None:  # noqa: ARG002
        """How the browser stores IndexedDB in `data`: `leveldb`, `sqlite` or None."""
        return None

    def environ(self, data: str) -> dict[str, str]:  # noqa: ARG002
        """The driver's own environment variables, beside those that every bot gets."""
        return {"WAGIT_DRIVER": self.name}

    def writers(self, data: str, worktree: str) -> list[Writer]:
        """Live processes that have `data` open, whether or not wagit started them."""
        raise NotImplementedError

    def writers_through(self, data: str, worktree: str) -> list[Writer]:
        """Those `writers` on this machine that reach `data` through `worktree`, and so through its link.

        The git hook asks, so a driver that would look at every open file looks at these processes only.
        """
        found = self.writers(data, worktree)
        return [writer for writer in found if not writer.host and proc.works_in(writer.pid, worktree)]

    def adoptable(self, worktree: str) -> str | None:
        """The session an unmanaged bot left in `worktree`, as an absolute path; links are not taken."""
        for link in (self.link, *self.other_links):
            path = os.path.join(worktree, link)
            if os.path.islink(path):
                continue
            if self.looks_like_session(path):
                return path
        return None
