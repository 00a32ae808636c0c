"""Replace files, links and directories so that a crash leaves the old or the new, never a mixture."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Collection, Iterator

# What a file system says that takes no more.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})

# Paths are plain strings here: the hook calls this, and pathlib costs it milliseconds.


@contextlib.contextmanager
def named(path: str, only: Collection[int] | None = None) -> Iterator[None]:
    """Name the file in an error that knows none: calls with a descriptor do not tell which one it was.

    Those whose number is not in `only`, where that is given, are left as they are.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None or not (only is None or error.errno in only):
            raise
        raise OSError(error.errno, error.strerror, path) from error


def atomic_write(
    path: str | os.PathLike[str], data: bytes, mode: int = 0o600, temporary: str | None = None
) -> None:
    """Replace the file at `path` by `data`, durably.

    Write to a temporary file, fsync, rename, fsync the directory. A crash leaves the old file or the new
    one, whole, and at worst the temporary one: a `.tmp-…` beside it, unless told otherwise. Raises OSError.
    """
    target = os.fspath(path)
    temporary = temporary or temporary_beside(target)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with named(temporary), open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        _remove_quietly(temporary)
        raise
    fsync_directory(os.path.dirname(target))


def atomic_symlink(link: str | os.PathLike[str], target: str, *, is_directory: bool = True) -> None:
    """Point `link` at `target` by one rename; a crash leaves the old link or the new one.

    `link` must be absent or a link, and nobody else may be pointing it. What a crash leaves beside it,
    in a worktree where people see it, has the same name each time and goes with the next call.
    Raises OSError.
    """
    path = os.fspath(link)
    temporary = f"{path}.wagit-new"
    _remove_quietly(temporary)
    try:
        _make_link(target, temporary, is_directory)
        os.replace(temporary, path)
    except BaseException:
        _remove_quietly(temporary)
        raise
    fsync_directory(os.path.dirname(path))


def _make_link(target: str, path: str, is_directory: bool) -> None:
    if (
        sys.platform == "win32" and is_directory
    ):  # untested: symlinks need a privilege there, junctions do not
        import _winapi

        _winapi.CreateJunction(target, path)
    else:
        os.symlink(target, path, target_is_directory=is_directory)


def rename_durably(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Rename within one file system and fsync both directories. Raises OSError (EXDEV across devices)."""
    os.rename(source, target)
    for directory in {os.path.dirname(os.fspath(source)), os.path.dirname(os.fspath(target))}:
        fsync_directory(directory)


def make_directory(path: str) -> None:
    """Make a private directory, and what is missing on the way to it, durably. Raises OSError."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    make_directory(parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, mode=0o700)
    fsync_directory(parent)


def append_line(path: str | os.PathLike[str], line: bytes) -> None:
    """Append one line by a single write, durably; a crash leaves no line or at worst a torn last one.

    A torn last line is closed first, so that it never swallows the next.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with named(os.fspath(path)):
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            rest = (b"\n" if torn else b"") + line + b"\n"
            while rest:  # a full disk takes a part first, and refuses the rest
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_directory(path: str) -> None:
    """Make renames within a directory durable; does nothing where directories cannot be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        with named(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary_beside(path: str) -> str:
    """Return an unused name in the same directory, so that a rename stays within the file system."""
    return os.path.join(os.path.dirname(path), f".tmp-{os.getpid()}-{os.urandom(4).hex()}")


def _remove_quietly(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
