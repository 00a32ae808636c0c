"""Moments in the words people use, in local time: `yesterday`, `2 days ago`, `2026-11-19 14:00`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_DAY = 86400
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": _DAY, "w": 7 * _DAY}
_NAMES = {"second": 1, "minute": 60, "hour": 3600, "day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY,
          "year": 365 * _DAY}  # fmt: skip
_AGO = re.compile(r"(-?)(\d{1,9})[ .]?([a-z]+)([ .]ago)?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[t ](\d{1,2}:\d\d)(:\d\d)?(\.\d{1,6})?(z|[+-]\d\d:\d\d)?)?")
_TODAY = re.compile(r"(?:(today|yesterday)[ .]?)?(\d{1,2}:\d\d)?")

EXAMPLES = "yesterday, 2 days ago, -90min, 14:00, 2026-11-19, 2026-11-19 14:00"


def moment(text: str, now: float) -> float | None:
    """Return what `text` names in seconds since the epoch, None when it names nothing.

    `now`; `N UNIT ago` and `-NUNIT`; `today`, `yesterday` and dates, with or without a time of day; a time
    of day alone is today's. A day, minute or second counts to its end: `yesterday` is its last moment.
    """
    words = " ".join(text.lower().split())
    try:
        if words == "now":
            return now
        readings = (read(words, now) for read in (_ago, _date, _of_today))
        return next((found for found in readings if found is not None), None)
    except (ValueError, OverflowError, OSError):
        return None  # the 31st of June, or a year that no clock has


def _ago(words: str, now: float) -> float | None:
    found = _AGO.fullmatch(words)
    if not found or not (found[1] or found[4]):
        return None
    length = _UNITS.get(found[3]) or _NAMES.get(found[3].removesuffix("s"))
    return now - int(found[2]) * length if length else None


def _date(words: str, now: float) -> float | None:  # noqa: ARG001
    found = _DATE.fullmatch(words)
    if not found:
        return None
    day, clock, second, fraction, zone = found.groups()
    if clock is None:
        return _end_of_day(datetime.fromisoformat(day))
    start = datetime.fromisoformat(f"{day}T{clock:0>5}{second or ''}{(zone or '').replace('z', '+00:00')}")
    if fraction:
        return start.timestamp() + float(fraction) + 0.001  # times are shown cut to milliseconds
    return start.timestamp() + (1 if second else 60) - 1e-6


def _of_today(words: str, now: float) -> float | None:
    found = _TODAY.fullmatch(words)
    if not found or not words:
        return None
    day = datetime.fromtimestamp(now) - timedelta(days=1 if found[1] == "yesterday" else 0)
    return _date(day.date().isoformat() + (f" {found[2]}" if found[2] else ""), now)


def _end_of_day(day: datetime) -> float:
    return day.replace(hour=23, minute=59, second=59, microsecond=999_999).timestamp()
