"""The one error base: every failure a user can meet is a subclass beside the code that raises it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import ClassVar


class WagitError(Exception):
    """A failure with one clear sentence, a hint that mends it, a stable code and an exit status."""

    code: ClassVar[str] = "failed"
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(WagitError):
    """The command line asks for something that cannot be."""

    code = "usage"
    exit_status = 2


class NotSetUp(WagitError):
    """wagit has no work here yet: `wagit init` was not run, or there is no repository."""

    code = "not-set-up"
    exit_status = 10


def every_error(base: type[WagitError] = WagitError) -> Iterator[type[WagitError]]:
    """Yield `base` and each subclass that has been imported so far, for the generated reference."""
    yield base
    for subclass in base.__subclasses__():
        yield from every_error(subclass)


class FileTrouble(WagitError):
    """The operating system refused to read or write something."""

    code = "file-trouble"

    @classmethod
    def of(cls, error: OSError, then: str = "then run it again") -> FileTrouble:
        """Say which file, why, and what to do about it, and `then`."""
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
        if os.path.basename(name).startswith(".tmp-"):  # its name is another one each time
            name = os.path.dirname(name)
        place = f"{name}: " if name else ""
        hint = _HINTS.get(error.errno or 0, "look at that place and what is there")
        return cls(f"{place}{error.strerror or error}", f"{hint}, {then}")


_UNWRITABLE = "make it and its directory writable for you"
_READ_ONLY = "the file system is mounted read-only: mount it writable, or set `store:` to another place"
_HINTS = {
    errno.EACCES: _UNWRITABLE,
    errno.EPERM: _UNWRITABLE,
    errno.EROFS: _READ_ONLY,
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "your quota is used up: make room",
}
