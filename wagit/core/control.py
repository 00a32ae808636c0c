"""Ask a supervisor that runs: one JSON object a line, to its control socket and back.

    {"op": "status"}                        {"ok": true, "standings": [...]}
    {"op": "release", "slot": "dev"}        {"ok": true}, once its warm browser is closed and its lock free
    {"op": "restart"}, {"op": "stop"}       {"ok": true}, once it has begun; restart takes a "slot", too
    {"op": "watch"}                         {"ok": true, "standings": [...]}: all of them, then those that
                                            changed, a line each time, until the run ends
    anything else                           {"ok": false, "error": "..."}

Stdlib only: who wants a slot asks before anything else is imported.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from wagit.core.errors import WagitError

TIMEOUT = 30.0  # seconds for one answer: a browser may have to be closed first
LONGEST = 1 << 20  # bytes of one line


class NoSupervisor(WagitError):
    """No supervisor listens there."""

    code = "no-supervisor"


def ask(path: str, request: Mapping[str, object], timeout: float = TIMEOUT) -> dict[str, Any]:
    """Send one request to the control socket at `path` and return the answer.

    Raises NoSupervisor when nobody listens, or there is no answer within `timeout` seconds.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, reachable(path) as address:
            connection.settimeout(timeout)
            connection.connect(address)
            with suppress(BrokenPipeError):  # too many ask at once: it has said so, and hung up
                connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(LONGEST))
    except (OSError, ValueError) as failed:
        raise NoSupervisor(f"no supervisor answers at {path}: {failed}", "start one: wagit up") from failed
    return answer if isinstance(answer, dict) else {"ok": False, "error": "it answered nonsense"}


def demand(path: str, request: Mapping[str, object], timeout: float = TIMEOUT) -> dict[str, Any]:
    """The same, for who cannot do with a refusal. Raises NoSupervisor for that, too."""
    answer = ask(path, request, timeout)
    if answer.get("ok") is not True:
        raise NoSupervisor(f"the supervisor at {path} refused: {answer.get('error')}", "try again")
    return answer


class Talk:
    """A request whose answers come line by line."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._read = b""

    def next(self, timeout: float | None = None) -> dict[str, Any] | None:
        """The next answer; None when there will be none. Raises TimeoutError after `timeout` seconds."""
        self._connection.settimeout(timeout)
        while b"\n" not in self._read:
            try:
                got = self._connection.recv(1 << 16)
            except ConnectionError:
                got = b""
            if not got:
                return None
            self._read += got
        line, _, self._read = self._read.partition(b"\n")
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else None


@contextmanager
def talk(path: str, request: Mapping[str, object]) -> Iterator[Talk]:
    """Send one request that has many answers. Raises NoSupervisor when nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            with reachable(path) as address:
                connection.settimeout(TIMEOUT)
                connection.connect(address)
                connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError as failed:
            raise NoSupervisor(
                f"no supervisor answers at {path}: {failed}", "start one: wagit up"
            ) from failed
        yield Talk(connection)


@contextmanager
def reachable(path: str) -> Iterator[str]:
    """A name of a socket's path that fits into an address, of about 100 bytes: by its open directory.

    Elsewhere than on Linux a path that is too long stays as it is, and cannot be used.
    """
    if len(os.fsencode(path)) < 100 or not os.path.isdir("/proc/self/fd"):
        yield path
        return
    directory = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{directory}/{os.path.basename(path)}"
    finally:
        os.close(directory)
