"""One way to people: delivers notices in a thread of its own, so that nobody waits for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Protocol


class Undelivered(Exception):
    """A notice did not arrive; `again`: it may the next time."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


class Closing(Protocol):
    """Whether the run ends: `wait` returns True as soon as it does, False after `timeout` seconds."""

    def wait(self, timeout: float) -> bool:
        """Wait for it."""


Delivery = Callable[[Closing], None]


class Channel:
    """Delivers one after another. What goes wrong is told by `notice`, once."""

    def __init__(self, name: str, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._told = False
        self._closing = threading.Event()
        self._deliveries: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"notify {name}", daemon=True)

    def put(self, deliver: Delivery) -> None:
        """Have a notice delivered; `deliver` may raise Undelivered. Returns at once."""
        if self._thread.ident is None:
            self._thread.start()
        self._deliveries.put(deliver)

    def close(self) -> None:
        """Let what waits for another attempt make its last one now. Returns at once."""
        self._closing.set()
        self._deliveries.put(None)

    def join(self, timeout: float) -> None:
        """Wait for what is under way, at most `timeout` seconds."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        while (deliver := self._deliveries.get()) is not None:
            try:
                deliver(self._closing)
            except Undelivered as failed:
                if not self._told:
                    self._notice(f"a notice did not arrive: {failed}")
                self._told = True
