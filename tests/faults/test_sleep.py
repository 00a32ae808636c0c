"""A laptop that slept: nothing answered meanwhile, and nothing is wrong."""

from __future__ import annotations

import pytest

from wagit.bots.observation import Answered, Observation
from wagit.bots.observe_pulse import Limits
from wagit.bots.observe_reading import Reading
from wagit.bots.timer import Timer
from wagit.browser.devtools import DevToolsFailed
from wagit.browser.states import Facts

NIGHT = 8 * 3600.0
LIMITS = Limits(every=300.0)
READY = Facts(version="2.3000", socket="CONNECTED", synced=True, wid="4915100000001:1@c.us", chats=True)


class Laptop:
    """Its monotonic clock stands still while it sleeps, as on Linux, or goes on, as elsewhere."""

    def __init__(self, goes_on: bool) -> None:
        self._goes_on = goes_on
        self._now, self._monotonic = 1_800_000_000.0, 1000.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def work(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds

    def sleep(self) -> None:
        self._now += NIGHT
        self._monotonic += NIGHT if self._goes_on else 0.0


@pytest.fixture(params=[False, True], ids=["monotonic stands still", "monotonic goes on"])
def laptop(request: pytest.FixtureRequest) -> Laptop:
    return Laptop(request.param)


def test_a_page_that_was_not_asked_for_a_night_is_no_alarm(laptop: Laptop) -> None:
    told: list[Observation] = []
    reading = Reading(told.append, LIMITS, laptop)
    reading.found()
    reading.act(lambda: READY)
    before = reading.moment()
    laptop.work(100)
    laptop.sleep()
    reading.slept(before, 300.0)
    told.clear()
    reading.act(lambda: READY)
    assert told == [Answered(laptop.now())], "it is asked at once, and that is all"


def test_a_question_that_a_night_fell_into_was_not_left_unanswered(laptop: Laptop) -> None:
    told: list[Observation] = []
    asked = []

    def ask() -> Facts:
        asked.append(laptop.now())
        if len(asked) == 1:
            laptop.work(3)
            laptop.sleep()
            raise DevToolsFailed("no answer in time", "")
        return READY

    reading = Reading(told.append, LIMITS, laptop)
    reading.found()
    reading.act(ask)
    assert len(asked) == 2, "it is asked again at once"
    assert told[0] == Answered(laptop.now()), "nothing was told of the night"


def test_what_was_due_in_the_night_is_due_once(laptop: Laptop) -> None:
    timer = Timer(laptop)
    timer.start(3600.0)
    laptop.work(3000)
    laptop.sleep()
    laptop.work(600)
    assert [timer.is_due(), timer.is_due()] == [True, False]


def test_the_alarm_is_given_by_day(laptop: Laptop) -> None:
    """The same silence without a night in it."""
    told: list[Observation] = []

    def silent() -> Facts:
        laptop.work(LIMITS.answer)
        raise DevToolsFailed("no answer in time", "")

    reading = Reading(told.append, LIMITS, laptop)
    reading.found()
    for _ in range(2):
        reading.act(silent)
        laptop.work(LIMITS.again)
    assert [type(one).__name__ for one in told] == ["StateSeen", "Silent"]
