"""A request to end, from signals or from other threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wagit.core.signals import handle, handled, ignore


class Stop:
    """A request to end; may come from any thread or signal handler, and before the bot runs."""

    def __init__(self) -> None:
        self.requested = False
        self._tell: Callable[[], object] | None = None

    def request(self) -> None:
        """Ask the bot to end. More than once is the same as once."""
        self.requested = True
        if self._tell is not None:
            self._tell()

    @contextmanager
    def awaitable(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set when the request comes."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        self._tell = lambda: loop.call_soon_threadsafe(event.set)
        if self.requested:
            event.set()
        try:
            yield event
        finally:
            self._tell = None


_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_ALWAYS = ("SIGINT",)  # a shell ignores it for what it puts into the background


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Within it SIGINT, SIGTERM and SIGHUP request `stop`; Python allows that in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with handled(dict.fromkeys(_SIGNALS, lambda _: stop.request()), always=_ALWAYS):
        yield


@contextmanager
def settled_by_signals(stop: Stop) -> Iterator[None]:
    """Like `stopped_by_signals`, for the last thing a process does: a signal after it changes no status."""
    handle(dict.fromkeys(_SIGNALS, lambda _: stop.request()), always=_ALWAYS)
    try:
        yield
    finally:
        ignore(_SIGNALS)
