"""Objects cut out of a pack while it is opened, into files that are what their names say."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from types import TracebackType

from wagit.core.atomic import FULL, named
from wagit.core.opening import open_new
from wagit.team.index import HostileSession
from wagit.team.settings import MOST
from wagit.team.zstd import Expanding


class _Enough(Exception):
    """All that is wanted was read."""


class Cutting:
    """A sink for a pack's zstd: writes each wanted object to `<directory>/<digest>`.

    A file that is not finished when the `with` block ends is removed. Raises HostileSession, OSError.
    """

    def __init__(self, wanted: Mapping[str, tuple[int, int]], directory: str, what: str) -> None:
        self._due = sorted(((*place, digest) for digest, place in wanted.items()), reverse=True)
        self._directory = directory
        self._what = what
        self._position = 0
        self._file: _Growing | None = None
        self._done: list[tuple[str, str]] = []
        self._expanding = Expanding(self._take)

    def __enter__(self) -> Cutting:
        end = 0
        for offset, size, _ in reversed(self._due):
            if offset < end or size < 0 or offset + size > MOST:
                raise self._hostile("has objects that lie one in the other, or too far")
            end = offset + size
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.remove()

    def write(self, data: bytes) -> None:
        """Take the next bytes of zstd; those behind the last object wanted are not expanded."""
        if not self._due:
            return
        try:
            self._expanding.write(data)
        except _Enough:
            return
        except ValueError as error:
            raise self._hostile("is no zstd") from error

    def finished(self) -> list[tuple[str, str]]:
        """Digest and path of each object, once the pack was read to its end."""
        with contextlib.suppress(_Enough):
            self._take(b"")  # empty objects at its end
            raise self._hostile("ends before an object that is said to be in it")
        return self._done

    def _take(self, data: bytes) -> None:
        rest = memoryview(data)
        while self._due:
            offset, size, digest = self._due[-1]
            passed = rest[: max(0, offset - self._position)]
            wanted = rest[len(passed) :][: offset + size - self._position - len(passed)]
            rest = rest[len(passed) + len(wanted) :]
            self._position += len(passed) + len(wanted)
            if self._position < offset:
                return
            self._file = self._file or _Growing(os.path.join(self._directory, digest))
            self._file.write(wanted)
            if self._position < offset + size:
                return
            self._finish(digest)
        raise _Enough

    def _finish(self, digest: str) -> None:
        assert self._file is not None
        if self._file.digest() != digest:
            raise self._hostile("has an object that is not what its name says")
        self._done.append((digest, self._file.path))
        self._file = None
        self._due.pop()

    def _hostile(self, does: str) -> HostileSession:
        return HostileSession(
            f"the pack {self._what} of the team's remote {does}",
            "nothing was changed; look at who pushed it: wagit team ls",
        )


class _Growing:
    """A new file and the BLAKE3 of what it has so far."""

    def __init__(self, path: str) -> None:
        from blake3 import blake3

        self.path = path
        self._hash = blake3()
        self._file = open(open_new(path, 0o400), "wb", buffering=0)  # noqa: SIM115

    def write(self, data: memoryview) -> None:
        self._hash.update(data)
        with named(self.path, FULL):
            while data:
                data = data[self._file.write(data) :]

    def digest(self) -> str:
        """Close it, and tell what it has."""
        self._file.close()
        return str(self._hash.hexdigest())

    def remove(self) -> None:
        self._file.close()
        os.unlink(self.path)
