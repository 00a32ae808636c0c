"""The objects of one store, by obstore: listed, read, created, sent and deleted, with errors of our own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from wagit.core.atomic import fsync_directory
from wagit.team import object_store
from wagit.team.remote import Moved, RemoteRefused, RemoteUnreachable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from wagit.team.object_store import Use

PARALLEL = 4  # transfers at once
PART = 8 << 20  # bytes: more is sent in parts
CHUNK = 1 << 20  # bytes
_One = TypeVar("_One")
_Result = TypeVar("_Result")


class Object(NamedTuple):
    """What a listing has of it: its key below the prefix that was listed, and its size in bytes."""

    key: str
    size: int


class Objects:
    """A store, called `title` in errors. Each method may raise RemoteUnreachable and RemoteRefused.

    An object appears whole or not at all, as every store promises. One on the network keeps what it has
    acknowledged. file:// does when `create` or `send` has returned: obstore writes a file beside and links or
    renames it, and leaves fsync(2) alone, so that is done here.
    """

    def __init__(self, store: Callable[[Use], ObjectStore], title: str) -> None:
        self.title = title
        self._store = store
        self._directory = object_store.directory_of(store("ask"))

    def list(self, prefix: str) -> tuple[Object, ...]:
        """All below a prefix, which ends with no slash."""
        import obstore

        with self._translated():
            pages = tuple(obstore.list(self._store("ask"), prefix=prefix))
        return tuple(Object(one["path"][len(prefix) + 1 :], one["size"]) for page in pages for one in page)

    def read(self, key: str, most: int) -> bytes:
        """A small object of at most that many bytes. Raises FileNotFoundError."""
        import obstore

        with self._translated():
            found = obstore.get(self._store("ask"), key)
            if found.meta["size"] <= most:
                return bytes(found.bytes())
        raise RemoteRefused(
            f"{self.title}: {key} has {found.meta['size']} bytes, and at most {most} are right",
            "somebody wrote there who is not wagit: see what lies there",
        )

    def create(self, key: str, data: bytes) -> bool:
        """Write a key that is not there yet, all or nothing; False when it is."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            with self._translated():
                obstore.put(self._store("ask"), key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        self._make_durable(key)
        return True

    def send(self, key: str, path: str, moved: Moved) -> None:
        """Write a file's bytes, a large one's in parts. Raises OSError."""
        import obstore

        with open(path, "rb") as file, self._translated():
            store = self._store("send")
            if os.fstat(file.fileno()).st_size > PART:
                obstore.put(store, key, _parts(file.read, moved), chunk_size=PART, max_concurrency=2)
            else:
                data = file.read()
                obstore.put(store, key, data, use_multipart=False)
                moved(len(data))
        self._make_durable(key)

    def chunks(self, key: str) -> Iterator[memoryview]:
        """An object's bytes as they come. Raises FileNotFoundError."""
        import obstore

        with self._translated():
            for chunk in obstore.get(self._store("fetch"), key).stream(min_chunk_size=CHUNK):
                yield memoryview(chunk)

    def delete(self, keys: Collection[str]) -> None:
        """Delete keys, each for itself: among many, one that is gone already would keep the rest."""
        import obstore

        def delete(key: str) -> None:
            with contextlib.suppress(FileNotFoundError), self._translated():
                obstore.delete(self._store("ask"), key)

        each(delete, keys)

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return object_store.translated(self.title)

    def _make_durable(self, key: str) -> None:
        """Have a file:// store's new file outlive a power cut, and each directory on the way to it."""
        if self._directory is None:
            return
        path = os.path.join(self._directory, *key.split("/"))
        try:
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:  # it was dropped already
                os.fsync(file.fileno())
            for _ in key.split("/"):
                path = os.path.dirname(path)
                fsync_directory(path)
        except OSError as error:
            raise RemoteUnreachable(f"{self.title}: {error.strerror}", "see whether it is mounted") from error


def each(what: Callable[[_One], _Result], of: Collection[_One]) -> list[_Result]:
    """Do it for each, some at once; the first failure is raised after those that run have ended."""
    if not of:
        return []
    with ThreadPoolExecutor(min(PARALLEL, len(of)), "wagit-remote") as pool:
        running = [pool.submit(what, one) for one in of]
        try:
            return [one.result() for one in running]
        finally:
            pool.shutdown(cancel_futures=True)


def _parts(read: Callable[[int], bytes], moved: Moved) -> Iterator[bytes]:
    while part := read(PART):
        yield part
        moved(len(part))
