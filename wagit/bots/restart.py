"""Whether a bot that ended is started again, and when. Pure."""

from __future__ import annotations

from typing import NamedTuple

from wagit.bots.observation import FINAL, BotState

ENDED_BY_WHATSAPP = 16  # the exit status of a run whose session WhatsApp ended: no restart mends that
_NOT_STARTED = (126, 127)  # what a shell says of a command that cannot be run


class Restart(NamedTuple):
    """Seconds before the first restart, the second and so on, the last one repeats; how many in a row."""

    delays: tuple[float, ...] = (5.0,)
    attempts: int = 0


class Verdict(NamedTuple):
    """Seconds until it is started again, or None and why it is not."""

    delay: float | None
    why: str = ""


def judge(restart: Restart, before: int, status: int | None, seen: BotState) -> Verdict:
    """Judge a bot that ended by itself after `before` restarts in a row.

    `status` is its exit status, None when it had to be ended as it gave no sign of life. `seen` is the last
    state of its session: what WhatsApp ended is not started again, a login is not fought for.
    """
    if status == 0:
        return Verdict(None)
    if seen in FINAL:
        return Verdict(None, seen)
    if restart.attempts == 0 or status in _NOT_STARTED:
        return Verdict(None)
    if before >= restart.attempts:
        return Verdict(None, f"{before} restarts in a row did not help")
    return Verdict(restart.delays[min(before, len(restart.delays) - 1)])
