"""A team's place in a directory, which outlives a process that is killed: each step is one rename."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from wagit.core.atomic import atomic_write
from wagit.team.remote import Blob, BlobGone, Mark, Moved, Overtaken


class DirectoryRemote:
    """Implements `Remote` for one process at a time."""

    title = "directory"

    def __init__(self, root: Path) -> None:
        self.root = root

    def prove(self) -> None:
        """Nobody else writes."""

    def spaces(self) -> list[str]:
        return sorted(path.parent.name for path in self.root.glob("*/head"))

    def head(self, space: str) -> Mark | None:
        path = self.root / space / "head"
        if not path.exists():
            return None
        version, _, data = path.read_bytes().partition(b"\n")
        return Mark(version.decode(), data)

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        there = self.head(space)
        if (there.version if there else None) != after:
            raise Overtaken("somebody else changed the head")
        version = str(int(after or 0) + 1)
        (self.root / space).mkdir(parents=True, exist_ok=True)
        atomic_write(self.root / space / "head", version.encode() + b"\n" + data)
        return Mark(version, data)

    def blobs(self, space: str) -> set[str]:
        return {path.name for path in (self.root / space).glob("*") if len(path.name) == 64}

    def put(self, space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        (self.root / space).mkdir(parents=True, exist_ok=True)
        for blob, path in files.items():
            atomic_write(self.root / space / blob.name, Path(path).read_bytes())
            moved(blob.size)

    def get(self, space: str, wanted: Iterable[Blob], directory: str, moved: Moved) -> None:
        for blob in wanted:
            if os.path.exists(os.path.join(directory, blob.name)):
                continue
            try:
                data = (self.root / space / blob.name).read_bytes()
            except FileNotFoundError:
                raise BlobGone(f"directory has no {blob.name}", "") from None
            atomic_write(os.path.join(directory, blob.name), data)
            moved(blob.size)

    def drop(self, space: str, names: Iterable[str]) -> None:
        for name in names:
            (self.root / space / name).unlink(missing_ok=True)

    def destroy(self, space: str) -> None:
        shutil.rmtree(self.root / space, ignore_errors=True)
