"""What a program needs while it runs, and how the page cache is emptied before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

DROP = Path("/proc/sys/vm/drop_caches")
# A small process in between: the kernel counts the memory of who started a program as the program's peak
_ASK = """
import os, sys
null = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=null)
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def peak(arguments: Sequence[str], environ: Mapping[str, str]) -> float:
    """Run a program that must succeed; return the most memory that it had resident at once, in MB."""
    asked = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _ASK, *arguments],
        env=dict(environ),
        check=True,
        capture_output=True,
    )
    status, kilobytes = (int(word) for word in asked.stdout.split())
    if status != 0:
        raise RuntimeError(f"{' '.join(arguments)} ended with {status}")
    return kilobytes * 1024 / 1e6


def can_drop() -> bool:
    """Whether this process may empty the page cache."""
    return os.access(DROP, os.W_OK)


def settle(*, cold: bool) -> None:
    """Have all written that is to be written; cold: empty the page cache, so that the disk is read next."""
    os.sync()
    if cold:
        DROP.write_text("3\n")
