"""A team's place in memory: heads by compare-and-swap, as every remote has them, and faults on demand."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping

from wagit.team.remote import Blob, BlobGone, Mark, Moved, Overtaken, RemoteUnreachable


class MemoryRemote:
    """Implements `Remote`. `cut` and `cut_after`: steps that fail once, before or after they are done.

    `before_advance` is called once before the next head is replaced: somebody else is faster.
    """

    title = "memory"

    def __init__(self) -> None:
        self.heads: dict[str, Mark] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.cut: list[str] = []
        self.cut_after: list[str] = []
        self.before_advance: Callable[[], None] | None = None
        self.advances = 0
        self._count = 0
        self._lock = threading.RLock()

    def prove(self) -> None:
        """It has conditional writes."""

    def spaces(self) -> list[str]:
        return sorted(self.heads)

    def head(self, space: str) -> Mark | None:
        self._fault(self.cut, "head")
        return self.heads.get(space)

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        self._fault(self.cut, "advance")
        first, self.before_advance = self.before_advance, None
        if first is not None:
            first()
        with self._lock:
            there = self.heads.get(space)
            if (there.version if there else None) != after:
                raise Overtaken("somebody else changed the head")
            self._count += 1
            self.heads[space] = Mark(f"v{self._count}", data)
            self.advances += 1
            mark = self.heads[space]
        self._fault(self.cut_after, "advance")
        return mark

    def blobs(self, space: str) -> set[str]:
        return set(self.files.get(space, {}))

    def put(self, space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        for blob, path in files.items():
            self._fault(self.cut, "put")
            with open(path, "rb") as file:
                data = file.read()
            assert hashlib.sha256(data).hexdigest() == blob.name
            self.files.setdefault(space, {})[blob.name] = data
            moved(blob.size)

    def get(self, space: str, wanted: Iterable[Blob], directory: str, moved: Moved) -> None:
        for blob in wanted:
            self._fault(self.cut, "get")
            data = self.files.get(space, {}).get(blob.name)
            if data is None:
                raise BlobGone(blob.name)
            with open(os.path.join(directory, blob.name), "wb") as file:
                file.write(data)
            moved(blob.size)

    def drop(self, space: str, names: Iterable[str]) -> None:
        for name in names:
            self.files.get(space, {}).pop(name, None)

    def destroy(self, space: str) -> None:
        self.heads.pop(space, None)
        self.files.pop(space, None)

    def _fault(self, cuts: list[str], step: str) -> None:
        if step in cuts:
            cuts.remove(step)
            raise RemoteUnreachable("memory: the connection broke")
