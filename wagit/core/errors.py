"""The one error base: every failure a user can meet is a subclass beside the code that raises it."""

from __future__ import annotations

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
