"""Write a page where the user wants it."""

from __future__ import annotations

import os
import stat

from wagit.core.atomic import atomic_write
from wagit.core.errors import UsageError

MODE = 0o666  # what the umask leaves of it: a report is there to be passed on


def write(path: str, page: str) -> str:
    """Replace the file, or what a link leads to, whole or not at all; return where it is.

    Raises UsageError for what is no file, OSError.
    """
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise UsageError(f"{path} is a directory", f"name a file: --html {os.path.join(path, 'report.html')}")
    if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
        raise UsageError(f"{path} is no file", "name a file; for standard output: --html -")
    if not os.path.isdir(os.path.dirname(target)):
        raise UsageError(f"there is no directory for {path}", f"make it: mkdir -p {os.path.dirname(target)}")
    atomic_write(target, page.encode("utf-8"), MODE)
    return target
