"""`wagit standin`: play WhatsApp on this machine, for a command or until interrupted."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wagit.core.errors import UsageError
from wagit.core.signals import handled

STOPPING = ("SIGTERM", "SIGHUP")


class CommandMissing(UsageError):
    """The command to run with the stand-in cannot be started."""

    code = "command-missing"


class StandinStarted(NamedTuple):
    """A stand-in that runs: what a person or a script needs to use it."""

    control_url: str
    """The phone, plain HTTP on loopback."""
    chromium_args: list[str]
    """What makes any Chromium take the stand-in for WhatsApp Web."""
    environ: dict[str, str]
    """What makes an unmodified bot use it."""


def serve(
    state_dir: str | None,
    port: int,
    command: Sequence[str],
    started: Callable[[StandinStarted], None],
) -> int:
    """Call `started` when the stand-in answers, run `command` against it, and return its exit status.

    That is 128 + n when signal n ended it. Without a command: run until SIGINT, SIGTERM or SIGHUP, and
    return 0. `state_dir` keeps the server's side across restarts, `port` is that of the control URL (0:
    any). Raises PortTaken, CommandMissing, OSError.
    """
    from wagit.standin.server import Standin

    with Standin.start(state_dir, port) as standin:
        environ = standin.environ()
        started(StandinStarted(standin.control_url, standin.chromium_args, environ))
        return _run(command, environ) if command else _until_interrupted()


def _run(command: Sequence[str], environ: dict[str, str]) -> int:
    try:
        child = subprocess.Popen(list(command), env={**os.environ, **environ})
    except OSError as error:
        raise CommandMissing(f"cannot run {command[0]}: {error.strerror}", "is it on the PATH?") from error
    handlers = {**dict.fromkeys(STOPPING, child.send_signal), "SIGINT": lambda _: None}
    with handled(handlers):
        status = child.wait()  # a terminal sends SIGINT to the command too: it decides
    return status if status >= 0 else 128 - status


def _until_interrupted() -> int:
    stop = threading.Event()
    with handled(dict.fromkeys(("SIGINT", *STOPPING), lambda _: stop.set()), always=("SIGINT",)):
        stop.wait()
    return 0
