"""What lies in a directory: every file, link and directory that a selection wants, with its state."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator

from wagit.core.copying import TICK_NS
from wagit.core.errors import WagitError
from wagit.snapshots.manifest import Entry
from wagit.snapshots.selection import Selection

# What opening or reading says of a path that is no longer what it was.
GONE = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.ESTALE}
)


class CannotSnapshot(WagitError):
    """Something in the data can be neither copied nor left out."""

    code = "cannot-snapshot"


class Changing(WagitError):
    """The data changes while it is being read."""

    code = "data-changing"


def scan(data: str, selection: Selection) -> list[Entry]:
    """List what `selection` wants below `data`, in order of path, digests still empty.

    Sockets are left out: they belong to the process that made them. A link's digest is its target. What
    vanishes meanwhile is left out, so that a second scan differs from the first or both are right.
    Raises CannotSnapshot for pipes and devices, OSError.
    """
    return sorted(_walk(data, "", selection, time.time_ns() - TICK_NS))


def changing(path: str) -> Changing:
    """Word the error for data that does not hold still."""
    return Changing(
        f"{path} changes while it is being read: a program is writing the session",
        "stop the bot, then try again; or take it as it is: wagit snapshot --hot",
    )


def _walk(data: str, below: str, selection: Selection, settled: int) -> Iterator[Entry]:
    with _gone_is_nothing(), os.scandir(os.path.join(data, below) if below else data) as found:
        for item in found:
            path = f"{below}/{item.name}" if below else item.name
            if item.is_dir(follow_symlinks=False):
                if selection.enters(path):
                    children = list(_walk(data, path, selection, settled))
                    if children or selection.wants(path):
                        with _gone_is_nothing():
                            yield _directory(path, item.stat(follow_symlinks=False))
                    yield from children
            elif selection.wants(path):
                with _gone_is_nothing():
                    yield from _entry(item, path, settled)


@contextlib.contextmanager
def _gone_is_nothing() -> Iterator[None]:
    """Pass over what vanished, or became something else, since it was listed."""
    try:
        yield
    except OSError as error:
        if error.errno not in GONE:
            raise


def _directory(path: str, status: os.stat_result) -> Entry:
    return Entry(path, "directory", stat.S_IMODE(status.st_mode), 0, status.st_mtime_ns, 0, 0, "")


def _entry(item: os.DirEntry[str], path: str, settled: int) -> Iterator[Entry]:
    status = item.stat(follow_symlinks=False)
    if stat.S_ISSOCK(status.st_mode):
        return
    if stat.S_ISLNK(status.st_mode):
        yield Entry(path, "link", 0o777, 0, status.st_mtime_ns, 0, 0, os.readlink(item.path))
    elif stat.S_ISREG(status.st_mode):
        yield file_entry(path, status, settled)
    else:
        raise CannotSnapshot(
            f"{item.path} is neither file, directory nor link, and cannot be copied",
            "remove it, or move it out of the session",
        )


def file_entry(path: str, status: os.stat_result, settled: int) -> Entry:
    """The state of a regular file; one that changed after `settled` (ns) is never taken for unchanged."""
    times = (status.st_mtime_ns, status.st_ctime_ns)
    inode = 0 if max(times) > settled else status.st_ino
    return Entry(path, "file", stat.S_IMODE(status.st_mode), status.st_size, *times, inode, "")
