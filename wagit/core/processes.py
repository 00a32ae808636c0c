"""Facts about processes, and the one way to start a detached one."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

HAS_PROC = os.path.exists("/proc/self/stat")
_detached: list[int] = []  # pids of this process' own children that nobody waits for


class ProcessId(NamedTuple):
    """A process named so that a recycled pid is not taken for it."""

    host: str
    pid: int
    started: float  # seconds since the epoch, 0 when unknown


def this_process() -> ProcessId:
    """Name the calling process."""
    return ProcessId(host_name(), os.getpid(), start_time(os.getpid()) or 0.0)


def host_name() -> str:
    """What this machine calls itself."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket  # Windows; takes 2 ms

    return socket.gethostname()


def start_time(pid: int) -> float | None:
    """When `pid` started, in seconds since the epoch to 0.01 s; None when there is no such process."""
    if not HAS_PROC:
        return _start_time_by_psutil(pid)
    fields = stat_fields(pid)
    if not fields:
        return None
    # proc(5): field 22, in clock ticks since boot; the third field is the first one in `fields`
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/pid/stat from the state on, empty when it is gone.

    The name before them may hold spaces and brackets.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _start_time_by_psutil(pid: int) -> float | None:
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_alive(process: ProcessId) -> bool | None:
    """Whether that very process runs; None when it is another host's and cannot be known here.

    One that has ended does not, though nobody waited for it, as in a container without an init.
    """
    if process.host != host_name():
        return None
    started = start_time(process.pid)
    if started is None or _is_zombie(process.pid):
        return False
    return process.started == 0 or abs(started - process.started) < 1


def await_end(process: ProcessId) -> None:
    """Return once that very process of this host has ended, though nobody may have waited for it."""
    if not hasattr(os, "pidfd_open"):  # untested: only Linux tells of processes that are not our children
        while is_alive(process):
            time.sleep(0.02)
        return
    import select

    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if is_alive(process):
            select.select([descriptor], [], [])
    finally:
        os.close(descriptor)


def _is_zombie(pid: int) -> bool:
    if HAS_PROC:
        return stat_fields(pid)[:1] == ["Z"]
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def command_line(pid: int) -> list[str]:
    """The arguments of `pid`, empty when it is gone or not ours to read."""
    import psutil

    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


def start_detached(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Start `command`, an absolute path first, in a session of its own, its three streams on /dev/null.

    Return its pid; nobody need wait for it. A child that inherited a hook's streams would keep
    `git switch | cat` open. Raises OSError.
    """
    if sys.platform == "win32":
        return _start_windows(command, environ)
    import signal

    _reap()
    # posix_spawn, since subprocess costs a hook 5 ms to load
    pid = os.posix_spawn(
        command[0],
        list(command),
        dict(environ),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        # which Python ignores, and which a caller may ignore: it must stay possible to end it
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT, signal.SIGHUP],
    )
    _detached.append(pid)
    return pid


def _reap() -> None:
    """Let go of detached processes that ended: beside a `wagit run` of weeks they would stay zombies."""
    for pid in list(_detached):
        with contextlib.suppress(ChildProcessError):  # somebody waited for it after all
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                continue
        _detached.remove(pid)


if sys.platform == "win32":  # untested: no Windows machine was at hand

    def _start_windows(command: Sequence[str], environ: Mapping[str, str]) -> int:
        import subprocess

        child = subprocess.Popen(
            list(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP,
        )
        child.returncode = 0  # it outlives us: nobody waits, and Popen must not warn about that
        return child.pid
