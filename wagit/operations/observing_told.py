"""What a bot says of its session by itself, made into what is seen of it: by its events, by its log lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

from wagit.bots.observation import AccountSeen, BotState, Observation, QrSeen, StateSeen
from wagit.config.running import LogLines
from wagit.operations.bot_events import ACCOUNT, EVENTS, Told

_REASONS: dict[str, str] = {
    "reconnecting": "the connection to WhatsApp is lost",
    "conflict": "another browser or bot opened this session",
    "logged-out": "WhatsApp took the login away",
    "banned": "WhatsApp blocks the account, or asks to accept its terms",
    "outdated-browser": "WhatsApp wants a newer browser",
}
_LINE_WITHIN = 0.2  # seconds for a pattern to search one line; hardly any needs a millisecond
_STATES: dict[str, BotState] = {state: state for state in EVENTS - {ACCOUNT}}


def of_event(told: Told) -> Observation | None:
    """What an event means; None for an account without a number."""
    if told.event == ACCOUNT:
        return AccountSeen(told.number, told.time) if told.number else None
    if told.event == "qr" and told.ref:
        return QrSeen(told.ref, told.time)
    return _state(_STATES[told.event], told.time, told.reason)


def as_event(what: Observation) -> tuple[str, dict[str, str]] | None:
    """The event that means this, and what else is told with it; None for a sign of life, or none of it."""
    match what:
        case StateSeen(state, _, reason) if state in EVENTS:
            return state, {"reason": reason} if reason else {}
        case AccountSeen(number):
            return ACCOUNT, {"number": number}
        case QrSeen(ref):
            return "qr", {"ref": ref}
    return None


class LinePatterns:
    """The patterns of `bot.log_lines`, tried in this order; the first that is found in a line counts.

    One that takes too long for a line, as `(a|aa)+$` can, is not looked for any more, and `notice` is told.
    """

    def __init__(self, settings: LogLines, notice: Callable[[str], None]) -> None:
        wanted: tuple[tuple[BotState, str | None], ...] = (
            ("logged-out", settings.logged_out),
            ("conflict", settings.conflict),
            ("reconnecting", settings.reconnecting),
            ("ready", settings.ready),
        )
        self._patterns = {state: _compiled(pattern) for state, pattern in wanted if pattern}
        self._notice = notice

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._patterns)

    def of_line(self, line: str, now: float) -> StateSeen | None:
        """What a line means; None for most."""
        for state in tuple(self._patterns):
            if self._is_in(line, state):
                return _state(state, now, "")
        return None

    def _is_in(self, line: str, state: BotState) -> bool:
        try:
            return self._patterns[state].search(line, timeout=_LINE_WITHIN, concurrent=True) is not None
        except TimeoutError:
            del self._patterns[state]
            name = state.replace("-", "_")
            self._notice(f"bot.log_lines.{name} takes too long, and counts no more: write it more simply")
            return False


def _compiled(pattern: str) -> regex.Pattern[str]:
    """Not by `re`: that knows no time-out, and while it searches no other thread of this process runs."""
    import regex

    return regex.compile(pattern)


def _state(state: BotState, since: float, reason: str) -> StateSeen:
    return StateSeen(state, since, reason or _REASONS.get(state, ""))
