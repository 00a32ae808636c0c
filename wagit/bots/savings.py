"""The snapshots under way: each is waited for in a thread, and its outcome told as an event."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wagit.bots.assignment import Assignment, Saved, Saving
from wagit.bots.events import Save, SaveDone
from wagit.core.errors import WagitError

BESIDE_A_BOT = "timer"  # why a snapshot is taken while its bot goes on


class Savings:
    """Begins snapshots and ends them; `begin` starts one, `tell` gets what came of each."""

    def __init__(self, begin: Callable[[Assignment, str], Saving], tell: Callable[[SaveDone], None]) -> None:
        self._begin = begin
        self._tell = tell
        self._lock = threading.Lock()
        self._under_way: list[tuple[Save, Saving, threading.Thread]] = []

    def start(self, save: Save) -> None:
        """Begin one. A slot whose bot is gone needs none beside the bot; of those one at a time is enough."""
        beside = save.why == BESIDE_A_BOT
        for other, saving, _ in self._of(save.assignment.slot):
            if beside:
                return
            if other.why == BESIDE_A_BOT:
                saving.cancel()
        try:
            saving = self._begin(save.assignment, save.why)
        except (WagitError, OSError) as error:
            self._tell(SaveDone(save, Saved(problem=str(error))))
            return
        thread = threading.Thread(target=self._await, args=(save, saving), name="await snapshot")
        with self._lock:
            self._under_way.append((save, saving, thread))
        thread.start()

    def cancel(self) -> None:
        """End all that are under way, and return when they have ended."""
        for _, saving, thread in self._of():
            saving.cancel()
            thread.join()

    def _await(self, save: Save, saving: Saving) -> None:
        saved = saving.wait()
        with self._lock:
            self._under_way = [item for item in self._under_way if item[1] is not saving]
        self._tell(SaveDone(save, saved))

    def _of(self, slot: str | None = None) -> list[tuple[Save, Saving, threading.Thread]]:
        with self._lock:
            return [item for item in self._under_way if slot in (None, item[0].assignment.slot)]
