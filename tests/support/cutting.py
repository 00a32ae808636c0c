"""A network that breaks: a TCP proxy that cuts connections after so many bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class Cutting:
    """Passes bytes on to `target` until `cut` of them went either way; then it is cut for
    good.

    `cut` is None for never. `passed` counts.
    """

    def __init__(self, target: int) -> None:
        self.cut: int | None = None
        self.passed = 0
        self._target = target
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, count: int | None) -> None:
        """Mend it, and cut it after so many bytes from now on."""
        self.cut, self.passed = count, 0

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._break()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if self.cut is not None and self.passed >= self.cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 14):
                if self.cut is not None and self.passed + len(data) > self.cut:
                    other.sendall(data[: self.cut - self.passed])
                    self.passed = self.cut
                    self._break()
                    return
                self.passed += len(data)
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def _break(self) -> None:
        with self._lock:
            broken, self._open = self._open, []
        for one in broken:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextlib.contextmanager
def cutting(target: int) -> Iterator[Cutting]:
    """A proxy before a port of this machine."""
    proxy = Cutting(target)
    try:
        yield proxy
    finally:
        proxy.close()
