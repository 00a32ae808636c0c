"""Which browser process has a profile open."""

from __future__ import annotations

import os
import re
import socket
from typing import Literal, NamedTuple

from wagit.core.processes import start_time
from wagit.drivers import proc
from wagit.drivers.chrome import SWITCH, lock_of

_PROGRAM = re.compile(r"chrom|msedge|brave|vivaldi|opera|headless_shell", re.IGNORECASE)


class BrowserProcess(NamedTuple):
    """A running browser's main process and the profile it has open."""

    pid: int
    started: float  # seconds since the epoch
    profile: str  # absolute, links resolved


class LockState(NamedTuple):
    """What a profile's `SingletonLock` means, and whom it names.

    `absent`; `live`: a browser of this machine has the profile open; `dead`: left by one that was
    killed, and Chromium removes it by itself; `elsewhere`: another host's, and Chromium refuses to
    start (exit status 21) until it is removed.
    """

    state: Literal["absent", "live", "dead", "elsewhere"]
    host: str = ""
    pid: int = 0


def lock_state(profile: str) -> LockState:
    """Judge the `SingletonLock` of `profile`."""
    lock = lock_of(profile)
    if lock is None:
        return LockState("absent")
    if lock[0] != socket.gethostname():
        return LockState("elsewhere", *lock)
    return LockState("live" if browser_at(lock[1], profile) else "dead", *lock)


def browser_of(profile: str) -> BrowserProcess | None:
    """The browser that `SingletonLock` names, if it is alive on this host and has `profile` open."""
    lock = lock_of(profile)
    return browser_at(lock[1], profile) if lock is not None and lock[0] == socket.gethostname() else None


def browser_at(pid: int, profile: str) -> BrowserProcess | None:
    """The process `pid` as the browser of `profile`; None when its pid is another program's by now.

    Its command line must name this very directory, or it is a browser with files in it open: a link on
    the command line may have moved on since the browser followed it.
    """
    wanted = os.path.realpath(profile)
    named = _named_profile(pid)
    started = start_time(pid)
    if named is None or started is None:
        return None
    if named != wanted and not (_is_browser(pid) and _has_open(pid, wanted)):
        return None
    return BrowserProcess(pid, started, wanted)


def starting_browser(profile: str) -> BrowserProcess | None:
    """A browser of `profile` found in the process table.

    For the first 0.2 s of its life a browser has not yet written `SingletonLock`. Reads every
    process's command line: about 0.1 ms each.
    """
    wanted = os.path.realpath(profile)
    for pid in proc.pids():
        if _named_profile(pid) == wanted and _is_browser(pid) and not _opened_another(pid, wanted):
            return browser_at(pid, profile)
    return None


def _named_profile(pid: int) -> str | None:
    """The profile on a browser's command line, resolved; None for other programs and helper processes."""
    words = proc.arguments(pid)[1:]
    switches = words[: words.index("--")] if "--" in words else words
    named = [switch.removeprefix(SWITCH) for switch in switches if switch.startswith(SWITCH)]
    if not named or any(switch.startswith("--type=") for switch in switches):
        return None
    return os.path.realpath(os.path.join(proc.directory(pid), named[-1]))  # Chromium takes the last


def _is_browser(pid: int) -> bool:
    """Whether the program is a browser's, not a launcher or a shell that has the same argument."""
    import psutil

    try:
        return _PROGRAM.search(os.path.basename(psutil.Process(pid).exe())) is not None
    except psutil.Error:
        return False


def _has_open(pid: int, profile: str) -> bool:
    return any(proc.inside(path, profile) for path in proc.open_files(pid))


def _opened_another(pid: int, profile: str) -> bool:
    """Whether a link that moved on is on its command line: it holds LevelDB locks, and none in `profile`."""
    held = [path for path in proc.open_files(pid) if path.endswith("/LOCK")]
    return bool(held) and not any(proc.inside(path, profile) for path in held)
