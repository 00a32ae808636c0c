"""A remote that is opened when it is first asked something: who goes on with a lease waits for no git."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from wagit.team.remote import Blob, Mark, Moved, Remote


class Later:
    """A `Remote`; each method also raises what `opens` does. Safe to use from several threads."""

    def __init__(self, opens: Callable[[], Remote]) -> None:
        self._opens = opens
        self._lock = threading.Lock()
        self._remote: Remote | None = None

    def _opened(self) -> Remote:
        with self._lock:
            if self._remote is None:
                self._remote = self._opens()
            return self._remote

    @property
    def title(self) -> str:
        """See `Remote.title`."""
        return self._opened().title

    def prove(self) -> None:
        """See `Remote.prove`."""
        self._opened().prove()

    def spaces(self) -> list[str]:
        """See `Remote.spaces`."""
        return self._opened().spaces()

    def head(self, space: str) -> Mark | None:
        """See `Remote.head`."""
        return self._opened().head(space)

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        """See `Remote.advance`."""
        return self._opened().advance(space, data, after)

    def blobs(self, space: str) -> set[str]:
        """See `Remote.blobs`."""
        return self._opened().blobs(space)

    def put(self, space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        """See `Remote.put`."""
        self._opened().put(space, files, moved)

    def get(self, space: str, wanted: Iterable[Blob], directory: str, moved: Moved) -> None:
        """See `Remote.get`."""
        self._opened().get(space, wanted, directory, moved)

    def drop(self, space: str, names: Iterable[str]) -> None:
        """See `Remote.drop`."""
        self._opened().drop(space, names)

    def destroy(self, space: str) -> None:
        """See `Remote.destroy`."""
        self._opened().destroy(space)
