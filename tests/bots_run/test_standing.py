"""What is told of a bot in each state of its run, and what to do about it."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.histories import slot
from wagit.bots.observation import BotState, Seen
from wagit.bots.pursue import State
from wagit.bots.restart import Restart
from wagit.bots.standing import next_step, standing

A = slot("a")._replace(restart=Restart((5.0,), 3))
NOW = 1000.0
SEEN = Seen("ready", "", "4915100000001", None, "2.3000")


def told(state: State) -> tuple[BotState, str]:
    known = standing(state, NOW)
    assert known is not None
    return known.state, known.reason


def test_nothing_is_told_before_it_is_known_about_what() -> None:
    assert standing(State(), NOW) is None


def test_a_bot_that_runs_is_told_as_its_session_was_seen() -> None:
    known = standing(State(bot=A, wanted=A, seen=SEEN, restarts=2), NOW, 4711)
    assert known is not None
    assert known[:4] == ("a", "a", "ready", NOW)
    assert (known.number, known.version, known.pid) == ("4915100000001", "2.3000", 4711)
    assert (known.restarts, known.attempts) == (2, 3)


def test_nothing_of_the_last_bot_is_told_of_the_next_one() -> None:
    known = standing(State(wanted=A, seen=SEEN), NOW, 4711)
    assert known is not None
    assert (known.state, known.number, known.pid, known.version) == ("starting", None, None, None)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State(wanted=A, again=A, problem="it crashed"), ("reconnecting", "it crashed")),
        (State(wanted=A, refused=True, problem="a is held"), ("failed", "a is held")),
        (State(wanted=A, over=True, status=0), ("stopped", "")),
        (State(wanted=A, over=True, status=1, problem="status 1"), ("failed", "status 1")),
        (State(wanted=A, over=True, status=1, leaving=130), ("stopped", "")),
        (State(wanted=A, over=True, failing=RuntimeError("a bug"), leaving=1), ("failed", "a bug")),
        (State(wanted=A, over=True, status=1, seen=Seen("banned", "blocked")), ("banned", "blocked")),
        (State(wanted=A, over=True, leaving=130, seen=Seen("banned", "blocked")), ("stopped", "")),
    ],
)
def test_without_a_bot_it_is_told_why(state: State, expected: tuple[BotState, str]) -> None:
    assert told(state) == expected


@pytest.mark.parametrize("state", get_args(BotState))
def test_what_needs_somebody_says_what_helps(state: BotState) -> None:
    fine = {"starting", "linking", "syncing", "ready", "reconnecting", "stopped"}
    assert bool(next_step(state, "dev")) == (state not in fine)
