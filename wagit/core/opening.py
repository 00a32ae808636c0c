"""Open files that others may have replaced: never a link or a pipe where a file is meant."""

from __future__ import annotations

import errno
import os
import stat

from wagit.core.atomic import named

# Each is missing somewhere.
_OURS = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


def open_new(path: str, mode: int = 0o600) -> int:
    """Make a file for bytes, not inherited, to write and read. Raises OSError (EEXIST)."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _OURS, mode)


def open_to_read(path: str) -> int:
    """Open a regular file for bytes, not inherited, never through a link. Raises OSError.

    ELOOP for a link, and as `regular`.
    """
    return regular(path, os.O_RDONLY | _OURS)


def regular(path: str, flags: int) -> int:
    """An `opener` for `open()` that refuses pipes, which would wait for a writer, and devices.

    Links are followed unless `flags` say otherwise. Raises OSError (ENXIO; EISDIR for a directory).
    """
    try:
        descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    except BlockingIOError:  # a file server has a lease on the file, and gives it up when asked (fcntl(2))
        descriptor = os.open(path, flags)
    kind = 0
    try:
        with named(path):
            kind = os.fstat(descriptor).st_mode
    finally:
        if not stat.S_ISREG(kind):
            os.close(descriptor)
    if stat.S_ISREG(kind):
        return descriptor
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    raise OSError(errno.ENXIO, "Is no regular file", path)
