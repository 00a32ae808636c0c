"""A bare repository of wagit's own for one errand on a git remote: made without git, gone afterwards.

So the user's repository gets no refs and no objects, errands at the same time do not meet, and nothing is to
be collected. What a crash leaves is swept by a later errand.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
import zlib
from collections.abc import Iterator

from wagit.core.atomic import make_directory
from wagit.core.locks import acquire, holder_of
from wagit.core.opening import open_new, open_to_read
from wagit.team.remote import Blob, BlobDamaged

CHUNK = 1 << 20
_YOUNG = 60.0  # seconds in which one may lie there that is not locked yet


class Scratch:
    """The repository at `path`; `algorithm` (sha1, sha256) names its objects."""

    def __init__(self, path: str, algorithm: str) -> None:
        self.path = path
        self.algorithm = algorithm

    def add(self, data: bytes) -> str:
        """Store bytes as a blob; its object id. Raises OSError."""
        loose = _Loose(self, len(data))
        loose.write(data)
        return loose.close()

    def add_file(self, blob: Blob, path: str) -> str:
        """Store a blob's file; its object id. Raises BlobDamaged when its name lies, OSError."""
        loose, check = _Loose(self, blob.size), hashlib.sha256()
        with open(open_to_read(path), "rb") as file:
            while chunk := file.read(CHUNK):
                check.update(chunk)
                loose.write(chunk)
        oid = loose.close()
        if check.hexdigest() != blob.name:
            raise BlobDamaged(f"{path} is not what was to be sent: its bytes changed", "push again")
        return oid

    def is_full(self, most: int) -> bool:
        """Whether a pack was received until `most` bytes of it ended git (setrlimit(2), RLIMIT_FSIZE)."""
        packs = os.path.join(self.path, "objects", "pack")
        with contextlib.suppress(FileNotFoundError), os.scandir(packs) as entries:
            return any(entry.stat().st_size >= most for entry in entries)
        return False


class _Loose:
    """A loose object that is being written: zlib that compresses nothing, as age files are noise."""

    def __init__(self, scratch: Scratch, size: int) -> None:
        self._objects = os.path.join(scratch.path, "objects")
        self._path = os.path.join(self._objects, f"tmp_obj_{os.urandom(6).hex()}")
        self._hash = hashlib.new(scratch.algorithm, usedforsecurity=False)
        self._deflate = zlib.compressobj(0)
        self._file = open(open_new(self._path), "wb")  # noqa: SIM115  # closed by close()
        self.write(b"blob %d\0" % size)

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self._file.write(self._deflate.compress(data))

    def close(self) -> str:
        self._file.write(self._deflate.flush())
        self._file.close()
        oid = self._hash.hexdigest()
        directory = os.path.join(self._objects, oid[:2])
        os.makedirs(directory, exist_ok=True)
        os.replace(self._path, os.path.join(directory, oid[2:]))
        return oid


def oid_of(blob: Blob, path: str, algorithm: str) -> str:
    """What git would call a file's bytes (gitformat-loose: their hash after `blob <size>` and NUL)."""
    found = hashlib.new(algorithm, b"blob %d\0" % blob.size, usedforsecurity=False)
    with open(open_to_read(path), "rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


@contextlib.contextmanager
def scratch(root: str, algorithm: str, config: str) -> Iterator[Scratch]:
    """Make one below `root`, with `config` after what the algorithm needs. Raises OSError."""
    make_directory(root)
    sweep(root)
    path = os.path.join(root, os.urandom(8).hex())
    for part in ("", "objects", "refs"):
        os.mkdir(os.path.join(path, part), 0o700)
    lock = acquire(os.path.join(path, "lock"))
    try:
        _write(os.path.join(path, "HEAD"), "ref: refs/heads/none\n")
        _write(os.path.join(path, "config"), _format(algorithm) + config)
        yield Scratch(path, algorithm)
    finally:
        shutil.rmtree(path, ignore_errors=True)
        lock.release()


def sweep(root: str) -> None:
    """Remove what a crash left."""
    with os.scandir(root) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                old = time.time() - entry.stat(follow_symlinks=False).st_mtime > _YOUNG
                if old and entry.is_dir() and holder_of(os.path.join(entry.path, "lock")) is None:
                    shutil.rmtree(entry.path, ignore_errors=True)


def _format(algorithm: str) -> str:
    if algorithm == "sha1":
        return "[core]\n\trepositoryFormatVersion = 0\n"
    return f"[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = {algorithm}\n"


def _write(path: str, text: str) -> None:
    with open(open_new(path), "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        file.write(text)
