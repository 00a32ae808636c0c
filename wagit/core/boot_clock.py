"""Seconds since this machine's boot, which go on while it sleeps, and which boot it is.

The wall clock can be set, and `time.monotonic` stands still during a suspend: neither tells how long ago
something was. Two machines' boot clocks say nothing about each other, nor do two boots of one.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Protocol

_UNKNOWN = f"process-{os.urandom(16).hex()}"  # a boot that cannot be told: nothing remembered counts then


class BootClock(Protocol):
    """What wagit asks of it."""

    def now(self) -> float:
        """Seconds that never run back nor stand still, as long as `boot` is the same."""

    def boot(self) -> str:
        """Which boot the seconds are of."""


class SystemBootClock:
    """The machine's own."""

    def now(self) -> float:
        """Seconds that count suspends: clock_gettime(2), CLOCK_BOOTTIME."""
        return _seconds()

    def boot(self) -> str:
        """The kernel's name for this boot; where it has none, one that holds for this process alone."""
        return _boot_id() or _UNKNOWN


if sys.platform == "win32":  # untested: no Windows machine was at hand

    def _seconds() -> float:
        import ctypes

        tick = ctypes.windll.kernel32.GetTickCount64  # counts sleep and hibernation
        tick.restype = ctypes.c_uint64
        return float(tick()) / 1000

    def _boot_id() -> str:
        return ""

elif sys.platform == "darwin":  # untested: no Mac was at hand

    def _seconds() -> float:
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # clock_gettime(3) there: goes on while asleep

    def _boot_id() -> str:
        import ctypes

        text, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        libc = ctypes.CDLL(None)
        failed = libc.sysctlbyname(
            b"kern.bootsessionuuid", text, ctypes.byref(size), None, ctypes.c_size_t(0)
        )
        return "" if failed else text.value.decode("ascii", "replace")

else:

    def _seconds() -> float:
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def _boot_id() -> str:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
                return file.read().strip()
        except (OSError, ValueError):
            return ""
