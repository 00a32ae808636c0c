"""Words of a report that terminal and page have in common."""

from __future__ import annotations

from wagit.core.clock import DAY


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things: 1 start, 3 starts."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def days(seconds: float) -> str:
    """Seconds as days: half a day and more is told to one digit."""
    value = round(seconds / DAY, 1)
    return f"{value:g} {'day' if value == 1 else 'days'}"


def moment(time: str | None) -> str:
    """An RFC 3339 time to the minute: 2026-11-20 09:51."""
    return f"{time[:10]} {time[11:16]}" if time else "-"


def sentence(text: str) -> str:
    """Begin it with a capital, end it with a point."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
