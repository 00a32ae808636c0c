"""A run in the background: its process is started here, and knows from its environment that it is one.

WAGIT_BACKGROUND names a pipe's descriptor, on which the run tells who started it, in JSON lines, that it has
begun (`{}`), or what kept it from that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import IO, Any, NamedTuple

from wagit.bots.log_rotation import RotatingLog
from wagit.bots.log_screen import LogScreen
from wagit.bots.screen import UserScreen
from wagit.core import running
from wagit.core.errors import WagitError
from wagit.core.git import clean_environ
from wagit.core.repository import Repository
from wagit.operations.context import Context

VARIABLE = "WAGIT_BACKGROUND"
_LARGEST_OWN_LOG = 1_000_000  # bytes


class StartFailed(WagitError):
    """The bot could not be started in the background; code and status are those of the reason, if known."""

    code = "start-failed"


class Asked(NamedTuple):
    """What to run: a command (none: the config's) in a directory, with options of `wagit run`."""

    command: tuple[str, ...]
    directory: str
    options: tuple[str, ...] = ()


@contextmanager
def screen(repo: Repository, environ: MutableMapping[str, str]) -> Iterator[UserScreen | LogScreen]:
    """The user's terminal; in the background the logs, and what ends the run is told to who waits for it."""
    descriptor = environ.pop(VARIABLE, "")  # none of the bot's business
    if not descriptor.isdecimal():
        yield UserScreen()
        return
    os.set_inheritable(int(descriptor), False)
    with open(int(descriptor), "w", encoding="utf-8") as pipe:
        log = RotatingLog(running.log_of(repo), _dropped)
        logged = LogScreen(log, lambda: _tell(pipe, {}))
        try:
            yield logged
        except WagitError as error:
            logged.notice(f"{error.message}; {error.hint}" if error.hint else error.message)
            told = {"code": error.code, "message": error.message, "hint": error.hint}
            _tell(pipe, told | {"status": error.exit_status})
            raise


def _tell(pipe: IO[str], message: dict[str, object]) -> None:
    with suppress(OSError):  # who started us waits no longer
        pipe.write(json.dumps(message) + "\n")
        pipe.flush()


def _dropped(error: OSError) -> None:
    with suppress(OSError):
        print(f"wagit: the bot's output is lost for now: {error}", file=sys.stderr, flush=True)


class Started:
    """A process in the background that begins to run a bot."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: int, log: str) -> None:
        self.pid = process.pid
        self._log = log
        self._process = process
        self._pipe = open(pipe, "rb", buffering=0)  # noqa: SIM115 - closed by `leave`
        self._read = b""

    def begun(self, timeout: float) -> bool:
        """Whether it has begun within `timeout` seconds. Raises StartFailed when it ended."""
        import select

        while b"\n" not in self._read:
            if not select.select([self._pipe], [], [], max(0.0, timeout))[0]:
                return False
            got = self._pipe.read(1 << 16)
            if not got:
                raise self.failed()
            self._read += got
        line, _, self._read = self._read.partition(b"\n")
        if told := json.loads(line):
            raise self.failed(told)
        return True

    def failed(self, told: dict[str, Any] | None = None) -> StartFailed:
        """Why it ended; waits for that."""
        while told is None and (got := self._pipe.read(1 << 16)):
            self._read += got
        if told is None and self._read.strip():
            told = json.loads(self._read.splitlines()[-1]) or None
        status = self._process.wait()
        known = told or {
            "message": f"the run ended at once with status {status}",
            "hint": f"look into {self._log}",
        }
        error = StartFailed(str(known["message"]), str(known["hint"]))
        error.code = str(known.get("code", error.code))  # type: ignore[misc]  # as the run itself had it
        error.exit_status = int(known.get("status", status or 1))  # type: ignore[misc]
        return error

    def leave(self) -> None:
        """Let it run on by itself."""
        self._pipe.close()
        if self._process.poll() is None:
            self._process.returncode = 0  # it outlives us: nobody waits, and Popen must not warn of that


def start(context: Context, asked: Asked) -> Started:
    """Start `wagit run` in a session of its own, without a terminal. Raises OSError."""
    words = ["run", "-C", asked.directory, *asked.options]
    command = [
        sys.executable,
        "-P",
        "-m",
        "wagit",
        *words,
        *(("--", *asked.command) if asked.command else ()),
    ]
    reading, writing = os.pipe()
    try:
        with _own_log(context.repo) as log:
            process = subprocess.Popen(
                command, env={**clean_environ(context.environ), VARIABLE: str(writing)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(writing,),
                start_new_session=True,
            )  # fmt: skip
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return Started(process, reading, running.own_log_of(context.repo))


def _own_log(repo: Repository) -> IO[bytes]:
    path = running.own_log_of(repo)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        if os.path.getsize(path) > _LARGEST_OWN_LOG:
            os.replace(path, f"{path}.1")
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
