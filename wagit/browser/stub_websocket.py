"""As much of a websocket's client (RFC 6455) as a browser's DevTools on loopback need. Stdlib only."""

from __future__ import annotations

import base64
import os
import socket
import struct

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_FINAL, _MASKED = 0x80, 0x80
_NO_MASK = b"\0\0\0\0"  # a mask hides texts from old proxies; on loopback there are none
_PIECE = 1 << 18  # bytes read at a time
_ANSWERS_WITHIN = 10.0  # seconds for the handshake


class WebSocket:
    """One connection to `ws://host:port/path`.

    Every call may raise OSError; only the handshake has a time-out.
    """

    def __init__(self, address: str) -> None:
        place, _, path = address.removeprefix("ws://").partition("/")
        host, _, port = place.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), _ANSWERS_WITHIN)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.descriptor = self._socket.fileno()
        self._buffer = bytearray()
        self._parts: list[bytes] = []  # of a message in several frames
        self._shake_hands(place, f"/{path}")
        self._socket.settimeout(None)

    def _shake_hands(self, host: str, path: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._buffer:
            if not self._fill():
                raise ConnectionError("the browser hung up")
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"the browser answered {head.splitlines()[0].decode('latin-1')}")
        self._buffer[:] = rest

    def _fill(self) -> bool:
        piece = self._socket.recv(_PIECE)
        self._buffer += piece
        return bool(piece)

    def send(self, message: bytes) -> None:
        """Send one text."""
        self._send(_TEXT, message)

    def _send(self, kind: int, data: bytes) -> None:
        if len(data) < 126:
            head = struct.pack("!BB", _FINAL | kind, _MASKED | len(data))
        elif len(data) < 1 << 16:
            head = struct.pack("!BBH", _FINAL | kind, _MASKED | 126, len(data))
        else:
            head = struct.pack("!BBQ", _FINAL | kind, _MASKED | 127, len(data))
        self._socket.sendall(head + _NO_MASK + data)

    def receive(self) -> list[bytes] | None:
        """Read once, and return the texts that are whole by now; None when the browser hung up."""
        if not self._fill():
            return None
        messages: list[bytes] = []
        while (frame := self._frame()) is not None:
            final, kind, data = frame
            if kind == _CLOSE:
                return None
            if kind == _PING:
                self._send(_PONG, data)
            elif kind != _PONG:
                self._parts.append(data)
                if final:
                    messages.append(b"".join(self._parts))
                    self._parts.clear()
        return messages

    def _frame(self) -> tuple[bool, int, bytes] | None:
        """Take the first frame, a server's have no mask; None when it has not come whole."""
        size = self._size()
        if size is None or len(self._buffer) < sum(size):
            return None
        head, length = size
        first, data = self._buffer[0], bytes(memoryview(self._buffer)[head : head + length])
        del self._buffer[: head + length]
        return bool(first & _FINAL), first & 0x0F, data

    def _size(self) -> tuple[int, int] | None:
        """Bytes of the first frame's head and of what follows it."""
        if len(self._buffer) < 2:
            return None
        short = self._buffer[1] & 0x7F
        head = {126: 4, 127: 10}.get(short, 2)
        if len(self._buffer) < head:
            return None
        return head, short if head == 2 else int.from_bytes(self._buffer[2:head], "big")
