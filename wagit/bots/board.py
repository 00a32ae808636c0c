"""Where each slot's standing is kept while bots run, and told to who wants to know, with each recovery."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wagit.bots.standing import Standing

Listener = Callable[[Standing, Standing | None], None]


class Recovered(NamedTuple):
    """A slot's session was put in order before a start; `text` says what was wrong, done and lost."""

    slot: str
    branch: str | None
    text: str


class Board:
    """The newest standing of each slot. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._standings: dict[str, Standing] = {}
        self._listeners: list[Listener] = []
        self._recovery_listeners: list[Callable[[Recovered], None]] = []

    def put(self, new: Standing) -> None:
        """Note a standing. One that differs in nothing but the time is no news, and keeps its `since`."""
        with self._lock:
            before = self._standings.get(new.slot)
            if before is not None and before.state == new.state:
                new = new._replace(since=before.since)
            if new == before:
                return
            self._standings[new.slot] = new
            for listener in tuple(self._listeners):
                listener(new, before)

    def all(self) -> list[Standing]:
        """Every slot's, by name."""
        with self._lock:
            return [self._standings[slot] for slot in sorted(self._standings)]

    def listen(
        self, listener: Listener, first: Callable[[Sequence[Standing]], None] | None = None
    ) -> Callable[[], None]:
        """Call `listener`, which must not block, with each new standing and the one before.

        `first` gets every slot's standing, before any change. Returns what ends it.
        """
        with self._lock:
            if first is not None:
                first(self.all())
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return end

    def recovered(self, what: Recovered) -> None:
        """Tell of a recovery; it is not kept."""
        with self._lock:
            for listener in tuple(self._recovery_listeners):
                listener(what)

    def listen_recovered(self, listener: Callable[[Recovered], None]) -> None:
        """Call `listener`, which must not block, with each recovery from now on."""
        with self._lock:
            self._recovery_listeners.append(listener)
