"""A slot of the generic driver with data in it, and directories compared by all that a snapshot keeps.

kept = Kept.make(tmp_path, {"creds.json": b"{}", "keys/1": b"..."})
taken = kept.take()                       # wagit.operations.snapshot.take
kept.verifies()                           # every snapshot, every byte
assert kept.restored(taken.snapshot) == tree(kept.data)
"""

from __future__ import annotations

import itertools
import os
import stat
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.browser import eventually
from tests.support.git import GitRepo
from wagit.core import repository, store
from wagit.core.copying import TICK_NS
from wagit.operations.snapshot import Ask, Taken, take
from wagit.slots import records
from wagit.snapshots import check, manifest, restore
from wagit.snapshots.manifest import Entry, Manifest

NOW = 1_800_000_000.0
BIG = 1 << 20  # bytes from which on a file is compared without reading its holes
BLOCK = 4096

Tree = dict[bytes, tuple[Any, ...]]
Files = Mapping[str, bytes]


class Kept:
    """A repository with a store and one slot, `dev`."""

    def __init__(self, root: Path, repo: Path) -> None:
        self.store = store.create(str(root))
        self.repo = repository.find(str(repo))
        self.data = Path(self.store.data("dev"))
        self._outputs = itertools.count()

    @classmethod
    def make(cls, path: Path, files: Files, root: Path | None = None, driver: str = "generic") -> Kept:
        """Make both below `path`, the store where git's is unless told otherwise, and fill the slot."""
        repo = GitRepo.init(path / "repo", "main")
        kept = cls(root or repo.common_dir / "wagit", repo.path)
        records.create_slot(kept.store, "dev", driver, NOW)
        kept.fill(files)
        return kept

    @classmethod
    def beside(cls, repo: GitRepo, path: Path, files: Files) -> Kept:
        """A store of its own at `path`, for a repository that is there; the files are a tick old."""
        kept = cls(path, repo.path)
        records.create_slot(kept.store, "dev", "generic", NOW)
        kept.fill(files)
        kept.settle()
        return kept

    def fill(self, files: Files) -> None:
        """Write files into the slot."""
        for name, contents in files.items():
            path = self.data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)

    def settle(self) -> None:
        """Wait until all files are older than a tick of the clock, so that they can be known as unchanged."""
        young = max(path.stat().st_ctime_ns for path in self.data.rglob("*"))
        eventually(lambda: time.time_ns() - young > 2 * TICK_NS)

    def take(self, slot: str = "dev", **asked: Any) -> Taken:
        """Take a snapshot, as `wagit snapshot` does."""
        ask = Ask(**{"why": "asked", "now": NOW, **asked})
        return take(self.repo, self.store, slot, ask)

    def path(self, snapshot: Manifest) -> Path:
        """Where a snapshot's manifest lies."""
        return Path(manifest.path_of(self.store, snapshot.header.slot, snapshot.id))

    def object(self, snapshot: Manifest, name: str) -> Path:
        """Where the contents of a file of a snapshot lie."""
        digest = next(entry.digest for entry in snapshot.entries if entry.path == name)
        return Path(self.store.objects(), digest[:2], digest[2:])

    def ids(self) -> list[str]:
        """The ids of the slot's snapshots, newest first."""
        return [identifier for identifier, _ in manifest.listing(self.store, "dev").snapshots]

    def verifies(self) -> None:
        """Assert that every snapshot is whole, and that nothing of a killed process is beside them."""
        assert check.check_all(self.store) == {}
        assert not manifest.listing(self.store, "dev").damaged

    def restored(self, snapshot: Manifest) -> Tree:
        """Write a snapshot out beside the store and tell what is there."""
        target = Path(self.repo.worktree).parent / f"restored-{os.getpid()}-{next(self._outputs)}"
        self.write_out(snapshot, target)
        return tree(target)

    def write_out(self, snapshot: Manifest, target: Path) -> None:
        """Write a snapshot out into the new directory `target`."""
        target.mkdir(parents=True)
        restore.write_out(self.store, snapshot.entries, str(target))

    def left(self) -> list[str]:
        """What lies in the store's `tmp/`."""
        return sorted(os.listdir(self.store.staging()))


def tree(root: Path | str) -> Tree:
    """All below `root` but sockets, by path: kind, mode, mtime and contents."""
    found: Tree = {}
    for path in _below(os.fsencode(root)):
        status = os.lstat(path)
        told = _contents(path, status)
        if told is not None:
            mode = 0 if stat.S_ISLNK(status.st_mode) else stat.S_IMODE(status.st_mode)
            found[os.path.relpath(path, os.fsencode(root))] = (mode, status.st_mtime_ns, *told)
    return found


def _below(directory: bytes) -> Iterable[bytes]:
    for item in os.scandir(directory):
        yield item.path
        if item.is_dir(follow_symlinks=False):
            yield from _below(item.path)


def _contents(path: bytes, status: os.stat_result) -> tuple[Any, ...] | None:
    if stat.S_ISLNK(status.st_mode):
        return "link", os.readlink(path)
    if stat.S_ISDIR(status.st_mode):
        return ("directory",)
    if stat.S_ISSOCK(status.st_mode):
        return None
    with open(path, "rb") as file:
        return "file", status.st_size, _bytes_of(file.fileno(), status.st_size)


def _bytes_of(descriptor: int, size: int) -> bytes | dict[int, bytes]:
    """The contents, of a big file the blocks that are not all zeros."""
    if size < BIG:
        return os.pread(descriptor, size, 0)
    blocks: dict[int, bytes] = {}
    at = 0
    while at < size:
        try:
            at = os.lseek(descriptor, at, os.SEEK_DATA) // BLOCK * BLOCK
        except OSError:
            break  # a hole up to the end
        block = os.pread(descriptor, BLOCK, at)
        if block.strip(b"\0"):
            blocks[at] = block
        at += BLOCK
    return blocks


def entry_of(snapshot: Manifest, name: str) -> Entry:
    """A snapshot's entry of that path."""
    return next(entry for entry in snapshot.entries if entry.path == name)
