"""A team's place in an object store: S3, Google's, Azure's, or a directory on a shared mount.

    <prefix>/<team>/<space>/head/00000000000000000007    heads: the highest number counts
    <prefix>/<team>/<space>/blobs/<sha256>

A head is replaced by creating the next number, which a store lets only one writer do (`If-None-Match: *`; a
hard link for file://, whose store in obstore knows no conditional update). Old heads are dropped, lowest
first, so afterwards the listing has to show ours right above the one that it replaces: else it came too late,
and goes. On NFS a listing may be a minute old, which makes a writer Overtaken, never wrongly the winner: the
server decides who creates a file, and a client that created one lists anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
from collections.abc import Iterable, Mapping

from wagit.team import object_store
from wagit.team.incoming import complain, lies, receive
from wagit.team.objects import PARALLEL, Objects, each
from wagit.team.remote import (
    LARGEST_HEAD,
    Blob,
    Mark,
    Moved,
    NoConditionalWrites,
    Overtaken,
    RemoteRefused,
    RemoteUnreachable,
)
from wagit.team.settings import Team

MARGIN = 20  # heads that stay, so that nobody slow creates an old number anew and is taken for the first
_DIGITS = 20
_READS = 5  # tries to read a head, which others may replace and drop meanwhile


class ObjectRemote:
    """Implements `Remote`."""

    def __init__(self, objects: Objects, team: Team) -> None:
        self.title = objects.title
        self._objects = objects
        self._team = team.name

    @classmethod
    def open(cls, address: str, team: Team, environ: Mapping[str, str]) -> ObjectRemote:
        """Open a team's place at an address; asks no network. Raises as `object_store.opener`."""
        store = object_store.opener(address, environ)
        return cls(Objects(store, object_store.title(address)), team)

    def prove(self) -> None:
        """Raise NoConditionalWrites unless of two writers of a key one is refused, later and at once."""
        probe = f"{self._team}/probe-{secrets.token_hex(8)}"
        later, at_once = f"{probe}/later", f"{probe}/at-once"
        try:
            won = [self._objects.create(later, one) for one in (b"first", b"second")]
            together = each(lambda one: self._objects.create(at_once, b"%d" % one), [*range(PARALLEL)])
        finally:
            self._objects.delete([later, at_once])
        if won != [True, False] or sum(together) != 1:
            raise NoConditionalWrites(
                f"{self.title} lets two writers overwrite each other, so a lease there would mean nothing",
                "use a store with conditional writes (If-None-Match), or a git remote",
            )

    def spaces(self) -> list[str]:
        """Those that have a head, in order."""
        keys = [one.key.split("/") for one in self._objects.list(self._team)]
        return sorted({space for space, *rest in keys if rest[:1] == ["head"] and _is_number(rest[-1])})

    def head(self, space: str) -> Mark | None:
        """The head as it is now; None when there never was one, or it was destroyed."""
        for _ in range(_READS):
            numbers = self._numbers(space)
            if not numbers:
                return None
            with contextlib.suppress(FileNotFoundError):  # replaced and dropped meanwhile
                return _mark(
                    numbers[-1], self._objects.read(self._head_key(space, numbers[-1]), LARGEST_HEAD)
                )
        raise RemoteUnreachable(f"{self.title}: the head changes faster than it can be read", "run it again")

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        """Replace the head of version `after`. See `Remote.advance`.

        Killed before the listing at the end, it leaves a head that counts, or one that others are above; only
        in a space that was destroyed that very moment a head is left that should not be.
        """
        now = self.head(space)
        if (now.version if now else None) != after:
            raise self._overtaken()
        before = _number(after) if after else 0
        key = self._head_key(space, before + 1)
        if not self._objects.create(key, data) and not self._has(key, data):
            raise self._overtaken()
        numbers = self._numbers(space)
        if not _in_time(before, numbers):
            self._objects.delete([key])
            raise self._overtaken()
        with contextlib.suppress(RemoteUnreachable, RemoteRefused):  # it is done, and the next one drops them
            self._delete_heads(space, numbers[:-MARGIN])
        return _mark(before + 1, data)

    def blobs(self, space: str) -> set[str]:
        """The names of the blobs that are there, whole."""
        return set(self._sizes(space))

    def put(self, space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        """Send the files of blobs that are not there yet, some at once. What was sent stays sent."""
        there, tell = self._sizes(space), _locked(moved)
        wanted = [blob for blob in files if there.get(blob.name) != blob.size]
        each(lambda one: self._objects.send(self._blob_key(space, one.name), files[one], tell), wanted)

    def get(self, space: str, wanted: Iterable[Blob], directory: str, moved: Moved) -> None:
        """Fetch blobs to `<directory>/<name>`, some at once. See `Remote.get`."""
        missing, tell = [one for one in dict.fromkeys(wanted) if not lies(directory, one)], _locked(moved)

        def fetch(blob: Blob) -> bool | None:
            try:
                chunks = self._objects.chunks(self._blob_key(space, blob.name))
                return receive(blob, chunks, directory, tell)
            except FileNotFoundError as error:
                if error.filename is not None:  # it is the directory here
                    raise
                return None

        right = dict(zip(missing, each(fetch, missing), strict=True))
        gone = [blob for blob in missing if right[blob] is None]
        complain(self.title, gone, [blob for blob in missing if right[blob] is False])

    def drop(self, space: str, names: Iterable[str]) -> None:
        """Delete blobs that no head counts on any more; those that are gone already are fine."""
        self._objects.delete([self._blob_key(space, name) for name in names])

    def destroy(self, space: str) -> None:
        """Delete a space's head first, then its blobs."""
        self._delete_heads(space, self._numbers(space))
        prefix = f"{self._team}/{space}"
        self._objects.delete([f"{prefix}/{one.key}" for one in self._objects.list(prefix)])

    def _overtaken(self) -> Overtaken:
        return Overtaken(f"{self.title}: somebody else was faster", "run it again")

    def _head_key(self, space: str, number: int) -> str:
        return f"{self._team}/{space}/head/{number:0{_DIGITS}d}"

    def _blob_key(self, space: str, name: str) -> str:
        return f"{self._team}/{space}/blobs/{name}"

    def _numbers(self, space: str) -> list[int]:
        names = [one.key for one in self._objects.list(f"{self._team}/{space}/head")]
        return sorted(int(name) for name in names if _is_number(name))

    def _sizes(self, space: str) -> dict[str, int]:
        return {one.key: one.size for one in self._objects.list(f"{self._team}/{space}/blobs")}

    def _has(self, key: str, data: bytes) -> bool:
        """Whether we wrote it after all: a lost answer makes obstore try again, and that one is refused.

        Others' bytes are never alike: a head is sealed anew for each try.
        """
        try:
            return self._objects.read(key, LARGEST_HEAD) == data
        except FileNotFoundError:
            return False

    def _delete_heads(self, space: str, numbers: Iterable[int]) -> None:
        """One after the other from the lowest, so that none that is older is ever the highest."""
        for number in sorted(numbers):
            self._objects.delete([self._head_key(space, number)])


def _mark(number: int, data: bytes) -> Mark:
    """The version has a digest, too: a space that was destroyed begins to count anew."""
    return Mark(f"{number}-{hashlib.sha256(data).hexdigest()[:32]}", data)


def _number(version: str) -> int:
    return int(version.partition("-")[0])


def _is_number(name: str) -> bool:
    return len(name) == _DIGITS and name.isascii() and name.isdigit()


def _in_time(before: int, numbers: list[int]) -> bool:
    """Whether what was created after `before` is its successor, on which others may have built already.

    It is not where `before` is gone (dropped or destroyed), or others are above it with a gap between.
    """
    below = [number for number in numbers if number <= before]
    above = [number for number in numbers if number > before + 1]
    return below[-1:] == [before] * bool(before) and above[:1] in ([], [before + 2])


def _locked(moved: Moved) -> Moved:
    """The same for several threads, one at a time."""
    lock = threading.Lock()

    def tell(count: int) -> None:
        with lock:
            moved(count)

    return tell
