"""Facts about other processes of this machine, from /proc where there is one and psutil elsewhere.

The git hook asks, so nothing heavy is imported where /proc answers. What belongs to another user and
cannot be read counts as empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from wagit.core.processes import HAS_PROC, stat_fields


def pids() -> list[int]:
    """Every process but the calling one."""
    if HAS_PROC:
        found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    else:
        import psutil

        found = psutil.pids()
    return [pid for pid in found if pid != os.getpid()]


def alive(pid: int) -> bool:
    """Whether `pid` runs here; a zombie does not: it holds no file any more."""
    if not HAS_PROC:
        import psutil

        return psutil.pid_exists(pid)
    return stat_fields(pid)[:1] not in ([], ["Z"], ["X"])


def arguments(pid: int) -> list[str]:
    """The command line of `pid`; empty when it is gone."""
    if not HAS_PROC:
        from wagit.core.processes import command_line

        return command_line(pid)
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().rstrip(b"\0").split(b"\0")]
    except OSError:
        return []


def command(pid: int, limit: int = 80) -> str:
    """The command line of `pid` for people: one line of at most `limit` characters."""
    line = " ".join(" ".join(arguments(pid)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def directory(pid: int) -> str:
    """The resolved working directory of `pid`; empty when it cannot be read."""
    try:
        if HAS_PROC:
            return os.readlink(f"/proc/{pid}/cwd")
        import psutil

        return psutil.Process(pid).cwd()
    except Exception:  # a process may end at any time, and psutil has its own errors for that
        return ""


def works_in(pid: int, worktree: str) -> bool:
    """Whether `pid` has to do with `worktree`: by its working directory or a path in its arguments."""
    return inside(directory(pid), worktree) or any(worktree + os.sep in word for word in arguments(pid))


def open_files(pid: int) -> Iterator[str]:
    """The resolved paths that `pid` has open."""
    if not HAS_PROC:
        yield from _psutil_files(pid)
        return
    base = f"/proc/{pid}/fd"
    try:
        descriptors = os.listdir(base)
    except OSError:
        return
    for descriptor in descriptors:
        try:
            yield os.readlink(f"{base}/{descriptor}")
        except OSError:
            continue


def _psutil_files(pid: int) -> list[str]:
    import psutil

    try:
        return [file.path for file in psutil.Process(pid).open_files()]
    except psutil.Error:
        return []


def inside(path: str, directory: str) -> bool:
    """Whether the resolved `path` is the resolved `directory` or below it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")
