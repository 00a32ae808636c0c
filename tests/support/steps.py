"""Do something before the n-th file-system step of a process, found by counting them.

Python's audit hooks announce each step that opens for writing, renames, links or removes something. Light:
programs that stand in for an interpreter import it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CHANGING = frozenset(
    [
        "os.rename",
        "os.mkdir",
        "os.symlink",
        "os.link",
        "os.remove",
        "os.rmdir",
        "os.truncate",
        "os.utime",
        "wagit.exchange",
    ]
)


def before_step(number: int, root: str, act: Callable[[], object]) -> None:
    """Have `act` called before this process's `number`-th step below `root` from now on."""
    steps = 0

    def audit(event: str, args: tuple[object, ...]) -> None:
        nonlocal steps
        writing = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if event not in CHANGING and not writing:
            return
        paths = [os.fsdecode(arg) for arg in args if isinstance(arg, str | bytes)]
        if any(os.path.abspath(path).startswith(root) for path in paths):
            steps += 1
            if steps == number:
                act()

    sys.addaudithook(audit)


def die() -> None:
    """End this process as a power cut or `kill -9` would."""
    import signal

    os.kill(os.getpid(), signal.SIGKILL)
