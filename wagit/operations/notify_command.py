"""Hand a notice to a command of the user's, on its stdin."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

from wagit.core.git import clean_environ
from wagit.operations.notify_channel import Undelivered
from wagit.operations.notify_words import Message

TIMEOUT = 10.0  # seconds


def hand(message: Message, command: Sequence[str], cwd: str, environ: Mapping[str, str]) -> None:
    """Run the command and wait for it, at most TIMEOUT seconds; then it is killed with what it started.

    Raises Undelivered.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=clean_environ(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as failed:
        raise Undelivered(f"notify.command: {command[0]!r} cannot be started: {failed.strerror}") from failed
    with process:
        try:
            _, said = process.communicate(message.body + b"\n", TIMEOUT)
        except subprocess.TimeoutExpired as late:
            _kill(process)
            raise Undelivered(f"notify.command: it took longer than {TIMEOUT:g} s, and was ended") from late
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise Undelivered(f"notify.command ended with status {process.returncode}{last and f': {last}'}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)  # not reaped yet, so the group is its own
