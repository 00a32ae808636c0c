"""Scripted histories for the supervisor's policy: what happened, and what was decided about it."""

from __future__ import annotations

import signal

from wagit.bots.assignment import Assignment
from wagit.bots.events import Changed, Effect, Event, Say, Signalled
from wagit.bots.policy import decide
from wagit.bots.pursue import State
from wagit.bots.watch import BranchChanged, ConfigChanged

MOVED = Changed(BranchChanged("other"))
EDITED = Changed(ConfigChanged("/.wagit.yml"))
INTERRUPT = Signalled(signal.SIGINT)


def slot(name: str, command: str = "bot") -> Assignment:
    return Assignment(name, name, f"/data/{name}", list, (command,), "/", {}, 10.0, name)


class History:
    """Plays events and keeps what was done about each, notices apart."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.said: list[str] = []

    def __call__(self, *events: Event) -> list[Effect]:
        done: list[Effect] = []
        for event in events:
            self.state, effects = decide(self.state, event)
            self.said += [effect.text for effect in effects if isinstance(effect, Say)]
            done += [effect for effect in effects if not isinstance(effect, Say)]
        return done
