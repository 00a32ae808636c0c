"""The socket that stubs ask: one JSON object a line, each way."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_LONGEST = 8 << 20  # bytes of a request; it holds an environment
_PREFIX, _NAME = "wagit-browser-", "host"
_YOUNG = 60.0  # seconds; a host that just begins does not listen yet
_ASKS_WITHIN = 10.0  # seconds from connecting to the request


class Stub:
    """A process that asks, and then stands for a browser as long as it is connected."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._gone = threading.Event()

    def request(self) -> dict[str, Any]:
        """What it asks; an empty one when that is nonsense."""
        try:
            self._connection.settimeout(_ASKS_WITHIN)
            with self._connection.makefile("rb") as lines:
                asked = json.loads(lines.readline(_LONGEST))
            self._connection.settimeout(None)
        except (OSError, ValueError):
            return {}
        return asked if isinstance(asked, dict) else {}

    def tell(self, **answer: object) -> None:
        """Say something; it may be gone by now."""
        with suppress(OSError):
            self._connection.sendall(json.dumps(answer).encode() + b"\n")

    def gone(self) -> bool:
        """Whether it is gone at this moment."""
        try:
            return self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def wait_gone(self, timeout: float | None = None) -> bool:
        """Wait until it was seen gone; whether it was."""
        return self._gone.wait(timeout)

    def follow(self) -> None:
        """Return when it is gone."""
        with suppress(OSError):
            while self._connection.recv(4096):
                pass
        self._gone.set()


class Listener:
    """Calls `answer` with each stub that connects, in a thread of its own."""

    def __init__(self, answer: Callable[[Stub], None]) -> None:
        self._answer = answer
        self._directory = ""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.address = ""

    def start(self) -> None:
        """Listen at `address`, in a directory that only this user can enter. Raises OSError."""
        _sweep()
        self._directory = tempfile.mkdtemp(prefix=_PREFIX)
        self.address = os.path.join(self._directory, _NAME)
        os.symlink(sys.executable, os.path.join(self._directory, "python"))
        self._socket.bind(self.address)
        self._socket.listen(16)
        threading.Thread(target=self._accept, name="browser host", daemon=True).start()

    def _accept(self) -> None:
        with self._socket:
            while True:
                try:
                    connection, _ = self._socket.accept()
                except OSError:
                    return
                threading.Thread(target=self._serve, args=(connection,), name="stub", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            self._answer(Stub(connection))

    def stop(self) -> None:
        """Listen no more; who is connected stays so."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # which ends `accept`; closing does not
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)


def _sweep() -> None:
    """Remove what killed hosts left: directories with a socket of ours at which nobody listens."""
    for name in os.listdir(tempfile.gettempdir()):
        directory = os.path.join(tempfile.gettempdir(), name)
        if name.startswith(_PREFIX) and _is_dead(os.path.join(directory, _NAME)):
            shutil.rmtree(directory, ignore_errors=True)


def _is_dead(address: str) -> bool:
    try:
        found = os.lstat(address)
        if found.st_uid != os.geteuid() or time.time() - found.st_mtime < _YOUNG:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.connect(address)
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
