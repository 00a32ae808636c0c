"""The control socket of a run: whoever runs as the same user may ask; `wagit.core.control` says what.

One thread accepts, one serves each client. Nothing waits for a client: one that does not take what it is
told is dropped.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from wagit.bots.board import Board
from wagit.bots.standing import Standing
from wagit.core.control import LONGEST, reachable
from wagit.core.errors import WagitError

MOST = 32  # clients at a time
PATIENCE = 10.0  # seconds for a client to say what it wants, and to take the answer
Answer = Callable[[Mapping[str, Any]], Mapping[str, object]]


class ControlServer:
    """Listens at `path` from now on until `close`; what was left there by a killed run is replaced.

    `answer` gets each request but `watch`, in a thread of its own. Raises OSError where no socket can be.
    """

    def __init__(self, path: str, board: Board, answer: Answer) -> None:
        self._path = path
        self._board = board
        self._answer = answer
        self._listener = _listen(path)
        self._inode = os.stat(path).st_ino
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._accept, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up on everybody, and let no socket be left. Does nothing the second time."""
        if self._closed.is_set():
            return
        self._closed.set()
        os.write(self._woken, b"x")
        self._thread.join()
        with suppress(OSError):  # not another one's, that came after our directory was deleted
            if os.stat(self._path).st_ino == self._inode:
                os.unlink(self._path)
        self._listener.close()
        with self._lock:
            for client in self._clients:
                _hang_up(client)
        os.close(self._wake)
        os.close(self._woken)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(self._listener, selectors.EVENT_READ)
            ready.register(self._wake, selectors.EVENT_READ)
            while not self._closed.is_set():
                ready.select()
                try:
                    client, _ = self._listener.accept()
                except BlockingIOError:
                    continue
                except OSError:
                    self._closed.wait(0.2)  # no descriptor is left for now
                    continue
                self._welcome(client)

    def _welcome(self, client: socket.socket) -> None:
        client.setblocking(True)
        with self._lock:
            welcome = _is_ours(client) and len(self._clients) < MOST
            if welcome:
                self._clients.add(client)
        if not welcome:
            _tell(client, {"ok": False, "error": "too many ask at once, or you are another user"})
            client.close()
            return
        threading.Thread(target=self._serve, args=(client,), name="control client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, ValueError):
            client.settimeout(PATIENCE)
            try:
                with client.makefile("rb") as lines:
                    while line := lines.readline(LONGEST):
                        self._do(client, json.loads(line))
            finally:
                with self._lock:
                    self._clients.discard(client)

    def _do(self, client: socket.socket, request: object) -> None:
        if not isinstance(request, dict):
            request = {}
        if request.get("op") == "watch":
            self._watch(client)
            return
        try:
            answer = self._answer(request)
        except WagitError as error:
            answer = {"ok": False, "error": error.message}
        except Exception as error:
            answer = {"ok": False, "error": repr(error)}
        client.sendall(_line(answer))

    def _watch(self, client: socket.socket) -> None:
        """Tell what there is, then each change, until the client hangs up."""
        client.settimeout(None)  # what is told never waits; this thread waits for the end

        def tell(standings: Sequence[Standing]) -> None:
            _tell(client, {"ok": True, "standings": [known._asdict() for known in standings]})

        end = self._board.listen(lambda new, _: tell([new]), first=tell)
        try:
            while client.recv(4096):
                pass
        finally:
            end()


def _listen(path: str) -> socket.socket:
    """Make the socket beside its place, so that it is private and listens when it gets there."""
    temporary = f"{path}.new"
    with suppress(FileNotFoundError):
        os.unlink(temporary)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with reachable(temporary) as address:
            listener.bind(address)
        os.chmod(temporary, 0o600)
        listener.listen(MOST)
        listener.setblocking(False)
        os.replace(temporary, path)
    except BaseException:
        listener.close()
        with suppress(OSError):
            os.unlink(temporary)
        raise
    return listener


def _is_ours(client: socket.socket) -> bool:
    """Whether the other end is the same user's; where the system does not tell, the socket's mode does."""
    if sys.platform != "linux":
        return True
    size = struct.calcsize("3i")  # struct ucred, unix(7)
    _, user, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(user == os.geteuid())


def _tell(client: socket.socket, message: Mapping[str, object]) -> None:
    """Send without waiting; who has not read what came before is dropped."""
    data = _line(message)
    try:
        sent = client.send(data, socket.MSG_DONTWAIT)
    except OSError:
        sent = 0
    if sent < len(data):
        _hang_up(client)


def _hang_up(client: socket.socket) -> None:
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message).encode() + b"\n"
