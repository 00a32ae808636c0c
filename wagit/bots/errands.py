"""What a supervisor has done in a thread of its own, one errand at a time; each is answered by an event."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from wagit.bots import events as happened
from wagit.bots.assignment import Assignment, Lock
from wagit.bots.events import Event, Resolve, Settle, Take
from wagit.bots.hosting import Hosting
from wagit.bots.outside import Work
from wagit.core.errors import FileTrouble, WagitError


class Errands:
    """Does what `work` and `hosting` can do; `keep` gets each lock, `tell` each answer, in that order."""

    def __init__(
        self,
        work: Work,
        hosting: Hosting,
        keep: Callable[[Assignment, Lock], None],
        tell: Callable[[Event], None],
    ) -> None:
        self._work = work
        self._hosting = hosting
        self._keep = keep
        self._tell = tell
        self._queue: queue.SimpleQueue[Resolve | Take | Settle | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Begin to do them."""
        threading.Thread(target=self._run, name="errands", daemon=True).start()

    def put(self, errand: Resolve | Take | Settle) -> None:
        """Have one done after those that were asked for before."""
        self._queue.put(errand)

    def stop(self) -> None:
        """Do no more; returns at once."""
        self._queue.put(None)

    def _run(self) -> None:
        while (errand := self._queue.get()) is not None:
            try:
                self._tell(self._do(errand))
            except Exception as error:  # handed to the loop, which raises it
                self._tell(happened.Broke(error))

    def _do(self, errand: Resolve | Take | Settle) -> Event:
        if isinstance(errand, Resolve):
            return self._resolve()
        try:
            return (
                self._take(errand.assignment) if isinstance(errand, Take) else self._settle(errand.assignment)
            )
        except WagitError as error:
            return happened.Refused(errand.assignment, error)
        except OSError as error:
            return happened.Refused(errand.assignment, _trouble(error))

    def _resolve(self) -> Event:
        try:
            return happened.Resolved(self._work.resolve())
        except WagitError as error:
            return happened.Unresolved(error)
        except OSError as error:
            return happened.Unresolved(_trouble(error))

    def _take(self, assignment: Assignment) -> Event:
        self._keep(assignment, self._hosting.take(assignment) or self._work.take(assignment))
        return happened.Taken(assignment)

    def _settle(self, assignment: Assignment) -> Event:
        self._work.settle(assignment)
        return happened.Settled(assignment)


def _trouble(error: OSError) -> FileTrouble:
    """A full disk is no reason to end a run: there will be room again."""
    return FileTrouble.of(error, "it is tried again by itself")
