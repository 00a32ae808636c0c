"""Chrome profiles on disk: which there are, and which live browser has one open. Standard library only.

Chromium marks a profile in use by `SingletonLock`, a symlink to `<host>-<pid>`
(chrome/browser/process_singleton_posix.cc). A crash leaves it behind, and a pid may be in use again by
then, so a lock counts only while its process names the profile or has files in it open.
"""

from __future__ import annotations

import os

from wagit.core.opening import regular
from wagit.drivers import proc
from wagit.drivers.base import Writer

SWITCH = "--user-data-dir="


def is_profile(path: str) -> bool:
    """Whether `path` is a user-data-dir that Chromium has opened."""
    return os.path.isdir(os.path.join(path, "Default")) or os.path.lexists(
        os.path.join(path, "SingletonLock")
    )


def profiles_in(data: str) -> list[str]:
    """Names of the user-data-dirs directly inside `data`, sorted."""
    try:
        names = sorted(os.listdir(data))
    except OSError:
        return []
    return [name for name in names if is_profile(os.path.join(data, name))]


def last_version(profile: str) -> str | None:
    """The version of the browser that last opened `profile`, from chrome/browser/downgrade's file."""
    path = os.path.join(profile, "Last Version")
    try:
        with open(path, encoding="ascii", errors="replace", opener=regular) as file:
            return file.read(64).strip() or None
    except OSError:
        return None


def backend_of(profile: str) -> str | None:
    """How IndexedDB is stored in `profile`: `leveldb`, or the newer `sqlite`; None where there is none."""
    try:
        names = os.listdir(os.path.join(profile, "Default", "IndexedDB"))
    except OSError:
        return None
    if any(name.endswith(".indexeddb.leveldb") for name in names):
        return "leveldb"
    return "sqlite" if any(name.endswith("_0") for name in names) else None  # <origin>_0/


def writers_of(profile: str) -> list[Writer]:
    """The live browser that has the user-data-dir `profile` open, as a list of none or one.

    Another host's lock is reported with that host's name, for it cannot be checked from here.
    """
    lock = lock_of(profile)
    if lock is None:
        return []
    import socket

    host, pid = lock
    if host != socket.gethostname():
        return [Writer(pid, "", f"{profile} is locked by process {pid} of the host {host}", host)]
    if not proc.alive(pid) or not _has_open(pid, os.path.realpath(profile)):
        return []
    program = proc.command(pid).partition(" --")[0]  # dozens of options follow
    return [Writer(pid, os.path.basename(program), f"this browser has {profile} open")]


def lock_of(profile: str) -> tuple[str, int] | None:
    """Host and pid in `SingletonLock`; None when there is no lock or it is not Chromium's."""
    try:
        host, _, pid = os.readlink(os.path.join(profile, "SingletonLock")).rpartition("-")
    except OSError:
        return None
    return (host, int(pid)) if pid.isascii() and pid.isdigit() else None


def _has_open(pid: int, profile: str) -> bool:
    """Whether `pid` is a browser on `profile` and not another program that got a dead browser's pid."""
    for argument in proc.arguments(pid):
        # a link may have moved on since the browser followed it: then its open files tell
        if argument.startswith(SWITCH) and _names(pid, argument.removeprefix(SWITCH), profile):
            return True
    return any(proc.inside(path, profile) for path in proc.open_files(pid))


def _names(pid: int, argument: str, profile: str) -> bool:
    return os.path.realpath(os.path.join(proc.directory(pid), argument)) == profile
