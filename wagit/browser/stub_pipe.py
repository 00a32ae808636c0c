"""Carries `--remote-debugging-pipe` to a browser's websocket: JSON texts, each ended by a NUL. Stdlib only.

The bot writes to the browser's descriptor 3 and reads from its 4
(content/browser/devtools/devtools_pipe_handler.cc).
"""

from __future__ import annotations

import json
import os

from wagit.browser.stub_websocket import WebSocket

_FROM_BOT, _TO_BOT = 3, 4
_PIECE = 1 << 16  # bytes read at a time


class Bridge:
    """The two ends. Raises OSError when the browser's DevTools do not answer."""

    def __init__(self, address: str) -> None:
        self._browser = WebSocket(address)
        self._heard: list[bytes] = []  # of a message whose end has not come yet
        self.descriptors = (_FROM_BOT, self._browser.descriptor)

    def carry(self, descriptor: int) -> bool:
        """Carry what can be read there; False once the bot has closed the browser, or an end is gone."""
        try:
            if descriptor == _FROM_BOT:
                return self._from_bot()
            if descriptor == self._browser.descriptor:
                return self._from_browser()
        except OSError:
            return False
        return True

    def _from_bot(self) -> bool:
        piece = os.read(_FROM_BOT, _PIECE)
        *ends, rest = piece.split(b"\0")
        for end in ends:
            message = b"".join((*self._heard, end))
            self._heard.clear()
            number = closing(message)
            if number is not None:  # the browser outlives its bot
                _write(json.dumps({"id": number, "result": {}}).encode() + b"\0")
                return False
            self._browser.send(message)
        self._heard.append(rest)
        return bool(piece)

    def _from_browser(self) -> bool:
        messages = self._browser.receive()
        for message in messages or ():
            _write(message + b"\0")
        return messages is not None


def closing(message: bytes) -> int | None:
    """The number of a request to close the browser; None for anything else."""
    if b'"Browser.close"' not in message[:300]:
        return None
    asked = json.loads(message)
    return int(asked["id"]) if asked.get("method") == "Browser.close" else None


def _write(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(_TO_BOT, rest) :]
