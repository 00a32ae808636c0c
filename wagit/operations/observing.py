"""Who looks at the session of a bot: its page over DevTools, its log lines, what it tells by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wagit.bots.assignment import Assignment
from wagit.bots.lines import Lines
from wagit.bots.observation import FINAL, BotState, Observation, StateSeen
from wagit.bots.observe_file import FileObserver
from wagit.bots.observe_page import PageObserver
from wagit.bots.observe_pulse import Limits
from wagit.bots.watch import Following
from wagit.drivers import registry
from wagit.drivers.profile import ProfilesDriver
from wagit.operations import bot_events
from wagit.operations.context import Context, reloaded_if_whole
from wagit.operations.observing_check import Checks, keep_alive
from wagit.operations.observing_told import LinePatterns, of_event

_SLACK = 1.0  # seconds by which an event may seem older than the bot that told it

UNSEEN = (
    "`bot.log_lines` cannot be seen here: the bot's output goes straight through; "
    "they count in a terminal and in the background: wagit up"
)


def observe(
    context: Context,
    assignment: Assignment,
    tell: Callable[[Observation], None],
    lines: Lines | None = None,
    notice: Callable[[str], None] = lambda text: None,  # noqa: ARG005  # nobody reads it
) -> Following:
    """What looks at the session of a bot that has just started, as its driver allows.

    `lines` are those of the bot's output; `notice` is told when patterns cannot be seen in them.
    """
    return _Observing(reloaded_if_whole(context), assignment, tell, lines, notice)


class _Observing:
    """All who look at one bot. While its page is seen, of what others say only ends are believed."""

    def __init__(
        self,
        context: Context,
        assignment: Assignment,
        tell: Callable[[Observation], None],
        lines: Lines | None,
        notice: Callable[[str], None],
    ) -> None:
        self._tell_outside = tell
        self._clock = context.clock
        self._since = context.clock.now()
        self._notice = notice
        self._lines = lines
        self._lock = threading.Lock()
        self._shown_ends: set[BotState] = (
            set()
        )  # by the page, since it was ready: told again they are no news
        self._patterns = LinePatterns(context.config.settings.bot.log_lines, notice)
        self._end_lines: Callable[[], None] = lambda: None
        self._checks = Checks(context, assignment, self._tell)
        self._page = self._page_of(context, assignment)
        self._events = assignment.environ.get(bot_events.VARIABLE, "")
        self._file = FileObserver(self._events, self._event)

    def _page_of(self, context: Context, assignment: Assignment) -> PageObserver | None:
        """Who looks at the browser; None where the library has none."""
        if not isinstance(registry.get(assignment.driver), ProfilesDriver):
            return None
        limits = Limits(every=keep_alive(context, assignment.slot))
        return PageObserver(assignment.profiles, self._shown, limits, self._clock, self._since)

    def start(self) -> None:
        """Begin; nothing is waited for."""
        for one in (self._checks, self._page, self._file):
            if one is not None:
                one.start()
        if self._patterns and self._lines is not None and self._lines.is_fed:
            self._end_lines = self._lines.listen(self._line)
        elif self._patterns:
            self._notice(UNSEEN)

    def stop(self) -> None:
        """End; what the bot told last has been told then."""
        self._end_lines()
        for one in (self._page, self._file, self._checks):
            if one is not None:
                one.stop()

    def _shown(self, what: Observation) -> None:
        """What the page shows. A log-out is noted for the next start: most bots tell of none."""
        if isinstance(what, StateSeen) and what.state == "ready":
            self._shown_ends.clear()
        if isinstance(what, StateSeen) and what.state in FINAL:
            self._shown_ends.add(what.state)
        if isinstance(what, StateSeen) and what.state == "logged-out":
            bot_events.tell(self._events, bot_events.LOGGED_OUT, what.since)
        self._tell(what)

    def _event(self, line: str) -> None:
        told = bot_events.parse(line)
        if told is not None and told.time >= self._since - _SLACK:  # else it is an earlier bot's
            self._said(of_event(told))

    def _line(self, line: str) -> None:
        self._said(self._patterns.of_line(line, self._clock.now()))

    def _said(self, what: Observation | None) -> None:
        sees = self._page is not None and self._page.sees
        if what is None or (sees and not self._is_new_end(what)):
            return
        self._tell(what)

    def _is_new_end(self, what: Observation) -> bool:
        return isinstance(what, StateSeen) and what.state in FINAL and what.state not in self._shown_ends

    def _tell(self, what: Observation) -> None:
        with self._lock:
            self._tell_outside(what)
            self._checks.note(what)
