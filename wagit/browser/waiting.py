"""Wait for the end of a process that is no child of ours."""

from __future__ import annotations

import os
import select
import sys


def wait_for_exit(pid: int, timeout: float | None) -> bool:
    """Wait until the process has ended, at most `timeout` seconds; whether it has. A zombie has ended."""
    descriptor = pidfd(pid)
    if descriptor is None:
        return wait_by_psutil(pid, timeout)
    try:
        return readable(descriptor, timeout)
    finally:
        os.close(descriptor)


def pidfd(pid: int) -> int | None:
    """A descriptor of the process; None before Linux 5.3, elsewhere, and when it is gone."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def readable(descriptor: int, timeout: float | None) -> bool:
    """Whether the process of a pidfd ends within `timeout` seconds; None waits for as long as it takes."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout is None else max(0.0, timeout) * 1000))


def wait_by_psutil(pid: int, timeout: float | None) -> bool:
    """The same where there are no pidfds."""
    import psutil

    try:
        psutil.Process(pid).wait(None if timeout is None else max(0.0, timeout))
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True
