"""What a shared session may consist of: files and directories, with plain names, in bounds."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping

from wagit.snapshots.manifest import Entry
from wagit.team.head import Pushed
from wagit.team.settings import MOST

MOST_ENTRIES = 100_000
LONGEST_PATH = 4096  # bytes
LONGEST_NAME = 255  # bytes
FOLDS = sys.platform in {"darwin", "win32"}  # names that differ only in case are one there


class Checking:
    """Takes a session's entries one by one, in order of path. Each method raises ValueError, with the reason.

    `objects` has the sizes of those that can be had, by BLAKE3; `folds` tells whether the file system takes
    `A` and `a` for one name.
    """

    def __init__(self, objects: Mapping[str, int], folds: bool = FOLDS) -> None:
        self._objects = objects
        self._folds = folds
        self._directories = {b""}
        self._names: set[object] = set()
        self._entries = self._files = self._size = 0

    def add(self, entry: Entry) -> None:
        """Check one more entry."""
        self._entries += 1
        if self._entries > MOST_ENTRIES:
            raise ValueError(f"more than {MOST_ENTRIES} files")
        path = self._place(entry)
        if entry.mode > 0o777:
            raise ValueError(f"a mode that gives rights to others who run it: {entry.path[:100]!r}")
        if entry.kind == "directory":
            self._directories.add(path)
        else:
            self._file(entry)

    def end(self, pushed: Pushed, files: int, size: int) -> None:
        """Compare with what the session says of itself."""
        found = (self._files, self._size)
        if found != (files, size) or found != (pushed.files, pushed.size):
            raise ValueError("other files than it says")

    def _place(self, entry: Entry) -> bytes:
        shown = repr(entry.path[:100])
        path = entry.path.encode("utf-8", "surrogateescape")
        names = path.split(b"/")
        if {b"", b".", b".."} & set(names) or b"\0" in path or (sys.platform == "win32" and b"\\" in path):
            raise ValueError(f"a path that leads out: {shown}")
        if len(path) > LONGEST_PATH or any(len(name) > LONGEST_NAME for name in names):
            raise ValueError(f"a path that is too long: {shown}")
        if b"/".join(names[:-1]) not in self._directories:
            raise ValueError(f"a path that lies in no directory of the session: {shown}")
        same = self._same(path)
        if same in self._names:
            raise ValueError(f"two of one name: {shown}")
        self._names.add(same)
        return path

    def _same(self, path: bytes) -> object:
        """What is equal for all names of one file."""
        if not self._folds:
            return path
        text = unicodedata.normalize("NFD", path.decode("utf-8", "surrogateescape"))
        return unicodedata.normalize("NFD", text.casefold())

    def _file(self, entry: Entry) -> None:
        if self._objects.get(entry.digest) != entry.size:
            raise ValueError(f"a file whose contents are in no pack: {entry.path[:100]!r}")
        self._files += 1
        self._size += entry.size
        if self._size > MOST:
            raise ValueError(f"more than {MOST >> 30} GB")
