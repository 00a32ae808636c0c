"""What is read in a bot's page, told as what is seen of its session; and what its silence means."""

from __future__ import annotations

from collections.abc import Callable

from wagit.bots import observe_pulse as pulses
from wagit.bots.observation import Answered, Observation, Seen, Silent, StateSeen, after, of_page
from wagit.bots.observe_pulse import Ask, Degraded, Limits, Moment, Mute, Pulse
from wagit.browser.devtools import DevToolsFailed
from wagit.browser.states import Facts, state_of
from wagit.browser.watch import PageWatch
from wagit.core.clock import Clock

Question = Callable[[], Facts | None]
"""Reads the page now; None when there is none that counts. Raises DevToolsFailed without an answer."""


class Reading:
    """One bot's page, from one to the next. For one thread."""

    def __init__(self, tell: Callable[[Observation], None], limits: Limits, clock: Clock) -> None:
        self._tell_outside = tell
        self._limits = limits
        self._clock = clock
        self._pulse = Pulse()
        self._watch = PageWatch()
        self._seen = Seen()
        self._page_said: StateSeen | None = None

    @property
    def knows_page(self) -> bool:
        """Whether a page has said anything yet."""
        return self._page_said is not None

    def left(self) -> float | None:
        """Seconds until `act` has something to do; None when only news can change that."""
        due = pulses.due(self._pulse, self._limits)
        return None if due is None else max(0.0, due - self._clock.monotonic())

    def found(self) -> None:
        """There is a page, maybe another one."""
        self._watch = PageWatch()
        self._pulse = pulses.found(self._pulse, self._clock.monotonic(), self._limits)

    def lost(self, why: str) -> None:
        """There is none any more."""
        self._pulse = pulses.lost(self._pulse, self._clock.monotonic(), self._limits, why)

    def failed(self) -> None:
        """Something is wrong with it: ask at once."""
        self._pulse = pulses.soon(self._pulse, self._clock.monotonic())

    def slept(self, before: Moment, meant: float) -> None:
        """Note that a wait from `before` on, of `meant` seconds, is over: did the machine sleep?"""
        gap = pulses.gap(before, self.moment(), meant)
        if gap:
            self._pulse = pulses.slept(self._pulse, self._clock.monotonic(), gap)

    def moment(self) -> Moment:
        """What the clock says."""
        return Moment(self._clock.now(), self._clock.monotonic())

    def read(self, facts: Facts) -> None:
        """Tell what is new in the facts."""
        told, now = self._pulse.told, self._clock.now()
        # With WhatsApp's version known it has started, and waits for its network.
        booting = state_of(facts) == "booting" and facts.version is None
        self._pulse = pulses.alive(self._pulse, self._clock.monotonic(), self._limits, booting=booting)
        for event in self._watch.observe(facts, now):
            what = of_page(event, self._seen.state)
            if isinstance(what, StateSeen):
                self._page_said, told = what, ""
            self._tell(what)
        if told and not self._pulse.told and self._page_said is not None:
            self._tell(self._page_said._replace(since=now))

    def act(self, ask: Question) -> None:
        """Do what is due: ask the page, tell that it is degraded or silent."""
        while True:
            self._pulse, what = pulses.act(self._pulse, self._clock.monotonic(), self._limits)
            match what:
                case None:
                    return
                case Ask():
                    self._ask(ask)
                case Degraded(why):
                    self._tell(StateSeen("degraded", self._clock.now(), why))
                case Mute(why):
                    self._tell(Silent(why, self._clock.now()))

    def _ask(self, ask: Question) -> None:
        before = self.moment()
        try:
            facts = ask()
        except DevToolsFailed:
            self._unanswered(before)
            return
        if facts is None:
            self._pulse = pulses.later(self._pulse, self._clock.monotonic(), self._limits)
            return
        self._tell(Answered(self._clock.now()))
        self.read(facts)

    def _unanswered(self, before: Moment) -> None:
        now, gap = self._clock.monotonic(), pulses.gap(before, self.moment(), self._limits.answer)
        if gap:
            self._pulse = pulses.slept(self._pulse, now, gap)
        else:
            self._pulse = pulses.failed(self._pulse, now, self._limits)

    def _tell(self, what: Observation) -> None:
        self._seen = after(self._seen, what)
        self._tell_outside(what)
