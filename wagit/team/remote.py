"""Where a team's sessions lie: heads, changed by compare-and-swap, and blobs, which never change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from wagit.core.errors import WagitError

LARGEST_HEAD = 1 << 20  # bytes, sealed; a hundred recipients take 20 kB

Moved = Callable[[int], None]
"""Told of bytes that were sent or fetched, as they go; by one thread at a time."""


class RemoteUnreachable(WagitError):
    """Nobody answers there, or the connection broke: what is there is as it was, or as it was asked for."""

    code = "remote-unreachable"


class RemoteRefused(WagitError):
    """It answers and says no: no right to it, no room, no such bucket. Its own words are in the message."""

    code = "remote-refused"


class NoConditionalWrites(WagitError):
    """It lets two writers overwrite each other, so no lease on it means anything."""

    code = "no-conditional-writes"


class Overtaken(WagitError):
    """Somebody else changed the head since it was read."""

    code = "team-overtaken"


class BlobGone(WagitError):
    """Blobs that a head counts on are not there: collected, pruned or deleted by somebody."""

    code = "team-data-gone"
    exit_status = 12


class BlobDamaged(WagitError):
    """A blob is not what its name says: its bytes were changed or cut."""

    code = "team-data-damaged"
    exit_status = 12


class Mark(NamedTuple):
    """A head as it stands: its bytes, and the version to name when it is to be replaced."""

    version: str
    data: bytes


class Blob(NamedTuple):
    """An age file: `name` is the SHA-256 of its bytes in hex, `size` counts them."""

    name: str
    size: int


class Remote(Protocol):
    """One team's place on a remote. A *space* in it is one slot's: 32 hex digits, which tell nothing.

    Each method may raise RemoteUnreachable and RemoteRefused. Safe to use from several threads.
    """

    @property
    def title(self) -> str:
        """Where it is, for people, without any password."""

    def prove(self) -> None:
        """Raise NoConditionalWrites unless of two writers one is refused, tried for real."""

    def spaces(self) -> list[str]:
        """Those that have a head, in order."""

    def head(self, space: str) -> Mark | None:
        """The head as it is now; None when there never was one, or it was destroyed."""

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        """Replace the head of version `after` (None: make the first) by `data`, all or nothing.

        Raises Overtaken when the head is another one by now. Who gets RemoteUnreachable does not know
        whether it was done: read the head.
        """

    def blobs(self, space: str) -> set[str]:
        """The names of the blobs that are there, whole."""

    def put(self, space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        """Send the files of blobs; what is there already costs nothing. What is there afterwards is whole."""

    def get(self, space: str, wanted: Iterable[Blob], directory: str, moved: Moved) -> None:
        """Fetch blobs to `<directory>/<name>`, where each appears whole, but for those that lie there.

        Raises BlobGone, BlobDamaged with the names. What was fetched before stays, so that the next call
        goes on from there. Never writes more than `size` bytes of a blob.
        """

    def drop(self, space: str, names: Iterable[str]) -> None:
        """Delete blobs that no head counts on any more; those that are gone already are fine."""

    def destroy(self, space: str) -> None:
        """Delete a space's head first, then its blobs."""
