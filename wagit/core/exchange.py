"""Exchange two directories in one step, where the system can."""

from __future__ import annotations

import errno
import os
import sys

_RENAME_EXCHANGE = 2  # linux/fs.h; RENAME_SWAP of macOS is the same number
_AT_FDCWD = -100
_CANNOT = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP})


def exchange(one: str, other: str) -> bool:
    """Let two existing paths of one file system change places at once; False where that cannot be done.

    A crash leaves them as they were or exchanged, nothing between. The directories are not fsynced.
    Raises OSError. renameat2(2) since Linux 3.15, renamex_np(2) since macOS 10.12 (untested).
    """
    import ctypes

    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    sys.audit("wagit.exchange", one, other)  # as Python's own functions that change names do
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        status = library.renamex_np(first, second, _RENAME_EXCHANGE)
    elif hasattr(library, "renameat2"):
        status = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
    else:
        return False
    number = ctypes.get_errno()
    if status != 0 and number not in _CANNOT:
        raise OSError(number, os.strerror(number), one, None, other)
    return bool(status == 0)
