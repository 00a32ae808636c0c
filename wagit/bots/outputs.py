"""What many bots write, line by line, each line whole and with its slot: one thread reads all of them."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from wagit.bots.child import Streams
from wagit.bots.lines import Lines
from wagit.bots.printer import Printer
from wagit.bots.screen import STOPS, NoScreen, OnSignal
from wagit.core.signals import handled

LONGEST = 64 << 10  # bytes of a line that is printed whole; a longer one comes in pieces
_CHUNK = 64 << 10

Write = Callable[[str, int, bytes], None]
"""Takes a slot, the stream that its bot wrote to (1 or 2), and a line with its end."""


def prefixing(slots: Sequence[str]) -> Write:
    """Write each line to our own stream of that number, behind its slot: `dev | ready`."""
    width = max(map(len, slots), default=0)
    return lambda slot, stream, line: _write_all(stream, f"{slot:<{width}} | ".encode() + line)


def _write_all(stream: int, data: bytes) -> None:
    with suppress(OSError):  # whoever read it is gone; that is no reason to stop
        while data:
            data = data[os.write(stream, data) :]


class _Pipe(NamedTuple):
    """Where one bot's stream is read: what it feeds, and the beginning of a line that has not ended."""

    slot: str
    stream: int
    feed: Callable[[bytes], None]
    rest: bytearray


class Outputs:
    """Reads what bots write, until `stop`."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._coming: list[tuple[int, _Pipe]] = []
        self._wake, self._woken = os.pipe()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._over = False
        self._thread = threading.Thread(target=self._run, name="outputs", daemon=True)

    def __enter__(self) -> Outputs:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Print what has been written so far, and read no more."""
        self._over = True
        os.write(self._woken, b".")
        self._thread.join()

    def pipe(self, slot: str, stream: int, feed: Callable[[bytes], None] = lambda _: None) -> int:
        """Return a descriptor for a bot to write to; it is the caller's to close."""
        readable, writable = os.pipe()
        os.set_blocking(readable, False)
        with self._lock:
            self._coming.append((readable, _Pipe(slot, stream, feed, bytearray())))
        os.write(self._woken, b".")
        return writable

    def _run(self) -> None:
        while not self._over:
            for key, _ in self._selector.select():
                if key.data is None:
                    os.read(self._wake, _CHUNK)
                    self._begin()
                else:
                    self._read(key.fd, key.data)
        self._begin()
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                self._finish(key.fd, key.data)
        self._selector.close()
        os.close(self._wake)
        os.close(self._woken)

    def _begin(self) -> None:
        with self._lock:
            coming, self._coming = self._coming, []
        for descriptor, pipe in coming:
            self._selector.register(descriptor, selectors.EVENT_READ, pipe)

    def _finish(self, descriptor: int, pipe: _Pipe) -> None:
        """Read what is there; who has the other end open still may write to nobody."""
        while descriptor in self._selector.get_map() and self._read(descriptor, pipe):
            pass

    def _read(self, descriptor: int, pipe: _Pipe) -> bool:
        """Whether there was something to read."""
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            chunk = None
        if chunk:
            self._take(pipe, chunk)
            return True
        if chunk == b"" or self._over:
            self._selector.unregister(descriptor)
            os.close(descriptor)
            self._put(pipe, len(pipe.rest), b"\n")
        return False

    def _take(self, pipe: _Pipe, chunk: bytes) -> None:
        pipe.rest.extend(chunk)
        pipe.feed(chunk)
        while (end := pipe.rest.find(b"\n")) >= 0:
            self._put(pipe, end + 1)
        if len(pipe.rest) >= LONGEST:
            self._put(pipe, len(pipe.rest), b"\n")

    def _put(self, pipe: _Pipe, length: int, end: bytes = b"") -> None:
        line = bytes(pipe.rest[:length])
        del pipe.rest[:length]
        if line:
            self._write(pipe.slot, pipe.stream, line + end)


class SlotScreen(NoScreen):
    """Where one slot's bots write: two pipes, and nothing to read; `lines` gets what they write to both."""

    def __init__(self, slot: str, outputs: Outputs, lines: Lines | None = None) -> None:
        self._slot = slot
        self._outputs = outputs
        self._feed: Callable[[bytes], None] = lambda _: None
        if lines is not None:
            lines.is_fed = True
            self._feed = lines.feed

    @contextmanager
    def streams(self) -> Iterator[Streams]:
        """Pipes of the bot's own, closed here once it has started."""
        output, errors = (self._outputs.pipe(self._slot, stream, self._feed) for stream in (1, 2))
        try:
            yield Streams(output=output, errors=errors)
        finally:
            os.close(output)
            os.close(errors)


class FleetScreen(NoScreen):
    """The process's own signals, for all bots, and its stderr for wagit's lines; use it in the main thread.

    Ctrl-Z holds wagit and not its bots, which go on.
    """

    def __init__(self) -> None:
        self._printer = Printer()

    def notice(self, text: str) -> None:
        """Print one line of wagit's own."""
        self._printer(text)

    @contextmanager
    def entered(self, on_signal: OnSignal) -> Iterator[None]:
        """Handle the signals that stop."""
        with handled(dict.fromkeys(STOPS, on_signal)):
            yield
