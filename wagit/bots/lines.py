"""The lines of a bot's output, for who reads in them."""

from __future__ import annotations

import threading
from collections.abc import Callable

LONGEST = 4096  # bytes of a line that are handed on; the rest of it is dropped

Listener = Callable[[str], None]


class Lines:
    """Splits chunks of output into lines. Safe to use from any thread; costs nothing while nobody listens.

    `is_fed`: whether whoever copies the output feeds it here; output that goes straight through is not seen.
    """

    def __init__(self) -> None:
        self.is_fed = False
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Hand on each line that ends in `chunk`, without its end."""
        if not self._listeners:
            return
        with self._lock:
            *whole, last = chunk.split(b"\n")
            whole = [self._rest + whole[0], *whole[1:]] if whole else []
            self._rest = (last if whole else self._rest + last)[:LONGEST]
            listeners = self._listeners
        for line in whole:
            text = line[:LONGEST].rstrip(b"\r").decode(errors="replace")
            for listener in listeners:
                listener(text)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener`, which must not block, with each line from now on. Returns what ends it."""
        with self._lock:
            if not self._listeners:
                self._rest = b""
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return end
