"""Copy a file's contents by the cheapest way the file system has, and make many files durable at once.

On Linux a copy shares the source's blocks where the file system can (`FICLONE`: Btrfs, XFS, bcachefs), else
the kernel copies (`copy_file_range`); elsewhere this process does. Holes stay holes. APFS shares blocks only
with a file that it makes itself (clonefile(2)), which a checked copy into an open file is not.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator

from wagit.core.atomic import named

TICK_NS = 50_000_000  # a file that changed this recently may change again without its times showing it
CHUNK = 1 << 20  # bytes at a time: all that a copy of any size keeps in memory
_FICLONE = 0x40049409  # linux/fs.h
_CANNOT = frozenset(
    {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EPERM, errno.EBADF}
)


def copy_contents(source: int, target: int) -> bool:
    """Make the open empty file `target` equal to the open file `source`, holes included.

    Returns whether they share their blocks; then reading one reads the other. Raises OSError.
    """
    if _clone(source, target):
        return True
    size = os.fstat(source).st_size
    for start, end in _extents(source, size):
        _copy_range(source, target, start, end)
    if os.fstat(target).st_size != size:
        os.ftruncate(target, size)  # a hole at the end
    _begin_writing(target)
    return False


def _begin_writing(descriptor: int) -> None:
    """Have the disk begin with what was copied while other files are read: a sync waits less in the end.

    On Linux this advice writes dirty pages out without waiting (mm/fadvise.c); they stay in memory for it.
    """
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError):  # advice may be refused
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _clone(source: int, target: int) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno in _CANNOT:
            return False
        raise
    return True


def _extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where data starts and ends; the whole file where holes cannot be asked for."""
    at = 0
    while at < size:
        try:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
            end = os.lseek(descriptor, start, os.SEEK_HOLE)
        except (OSError, AttributeError) as error:
            if getattr(error, "errno", None) == errno.ENXIO:
                return  # a hole up to the end
            start, end = at, size
        yield min(start, size), min(end, size)
        at = end


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        try:
            copied = os.copy_file_range(source, target, end - start, start, start)
        except (OSError, AttributeError) as error:  # AttributeError: macOS and Windows have none
            if isinstance(error, OSError) and error.errno not in _CANNOT:
                raise
            _copy_by_hand(source, target, start, end)
            return
        if copied == 0:  # the source became shorter, or a kernel that is wrong says so: read(2) knows
            _copy_by_hand(source, target, start, end)
            return
        start += copied


def _copy_by_hand(source: int, target: int, start: int, end: int) -> None:
    os.lseek(source, start, os.SEEK_SET)
    os.lseek(target, start, os.SEEK_SET)
    while start < end:
        data = os.read(source, min(CHUNK, end - start))
        if not data:
            return
        start += len(data)
        while data:
            data = data[os.write(target, data) :]


def copy_and_hash(source: int, target: int) -> str:
    """Copy as `copy_contents`; return the BLAKE3 of what `target` has then. Raises OSError.

    Of shared blocks the source's are read, which are in memory already, unless it may have changed since.
    """
    before = _settled(source)
    if copy_contents(source, target) and before is not None:
        digest = hash_of(source)
        if _settled(source) == before and os.fstat(target).st_size == before[0]:
            return digest
    return hash_of(target)


def _settled(descriptor: int) -> tuple[int, int, int] | None:
    """What tells whether a file changed; None when it did so recently that another change need not show."""
    status = os.fstat(descriptor)
    if max(status.st_mtime_ns, status.st_ctime_ns) > time.time_ns() - TICK_NS:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def hash_of(descriptor: int) -> str:
    """BLAKE3 of an open file's contents as 64 hex digits, in constant memory. Raises OSError."""
    from blake3 import blake3

    hasher = blake3()
    size = os.fstat(descriptor).st_size
    buffer = memoryview(bytearray(min(CHUNK, size)))
    at = 0
    for start, end in _extents(descriptor, size):
        _hash_hole(hasher, start - at)
        os.lseek(descriptor, start, os.SEEK_SET)
        at = start
        while at < end:
            data = buffer[: _read_into(descriptor, buffer[: end - at])]
            if not data:
                break
            hasher.update(data)
            at += len(data)
    _hash_hole(hasher, size - at)
    return str(hasher.hexdigest())


def _read_into(descriptor: int, buffer: memoryview) -> int:
    if hasattr(os, "readv"):
        return os.readv(descriptor, [buffer])
    data = os.read(descriptor, len(buffer))  # Windows
    buffer[: len(data)] = data
    return len(data)


def _hash_hole(hasher: object, length: int) -> None:
    """Count a hole as the zeros it reads as, without reading it."""
    zeros = bytes(min(CHUNK, max(0, length)))
    while length > 0:
        hasher.update(zeros[:length])  # type: ignore[attr-defined]  # blake3's types come with it lazily
        length -= len(zeros)


def sync_file_system(path: str) -> None:
    """Make everything written so far to the file system of `path` durable. Raises OSError.

    `syncfs(2)` reports write errors since Linux 5.8; where there is none, `sync` covers all file systems.
    """
    if sys.platform != "linux":
        with contextlib.suppress(AttributeError):
            os.sync()
        return
    import ctypes

    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
    finally:
        os.close(descriptor)


def sync_file(path: str) -> None:
    """Make one file's contents durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with named(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
