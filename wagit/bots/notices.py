"""Which notice a change of a bot's standing means: each once, until its session was ready again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from wagit.bots.board import Recovered
from wagit.bots.observation import BotState
from wagit.bots.standing import Standing

Kind = Literal["qr", "logged-out", "recovered", "failed", "conflict", "banned", "outdated-browser", "asked"]

QR_WAITS = 20.0  # seconds until a QR is told of: who is there scans it by then
FORGOTTEN_AFTER = 3600.0  # seconds for which what an earlier run told counts

_KINDS: dict[BotState, Kind] = {
    "logged-out": "logged-out",
    "failed": "failed",
    "conflict": "conflict",
    "banned": "banned",
    "outdated-browser": "outdated-browser",
}


class Notice(NamedTuple):
    """One thing to tell people: how a slot's bot stands, or what was done to its session before a start."""

    kind: Kind
    standing: Standing


class Memory(NamedTuple):
    """What was told of which slot, and when, in seconds since the epoch; and the newest QR, if it waits."""

    told: Mapping[tuple[str, Kind], float] = {}
    waiting: Standing | None = None

    def due(self) -> float | None:
        """When the QR has waited long enough, in seconds since the epoch."""
        return self.waiting.since + QR_WAITS if self.waiting is not None else None


Decision = tuple[Memory, tuple[Notice, ...]]


def on_standing(memory: Memory, new: Standing, wanted: Collection[Kind], now: float) -> Decision:
    """Note how a bot stands now; it is told if it is `wanted` and was not told before.

    Another slot's bot may have taken the place of the one whose QR waited; where both run, that shows again.
    """
    memory = memory._replace(waiting=new if new.state == "qr" else None)
    memory = _over(memory, new)
    kind = _KINDS.get(new.state)
    news = [Notice("asked", new)] if new.asked else []
    return _tell(memory, [*news, Notice(kind, new)] if kind is not None else news, wanted, now)


def _over(memory: Memory, new: Standing) -> Memory:
    """Forget what was told and is over: everything once it is ready, but for somebody who still asks."""

    def is_over(slot: str, kind: Kind) -> bool:
        return slot == new.slot and (not new.asked if kind == "asked" else new.state == "ready")

    return memory._replace(told={key: at for key, at in memory.told.items() if not is_over(*key)})


def on_recovered(memory: Memory, what: Recovered, wanted: Collection[Kind], now: float) -> Decision:
    """A session was put in order before a start."""
    standing = Standing(what.slot, what.branch, "starting", now, what.text, f"look: wagit verify {what.slot}")
    return _tell(memory, [Notice("recovered", standing)], wanted, now)


def on_time(memory: Memory, wanted: Collection[Kind], now: float) -> Decision:
    """Tell of a QR that has waited long enough; not where the log-out before it was told."""
    due, qr = memory.due(), memory.waiting
    if due is None or qr is None or due > now:
        return memory, ()
    notices = [] if (qr.slot, "logged-out") in memory.told else [Notice("qr", qr)]
    return _tell(memory._replace(waiting=None), notices, wanted, now)


def _tell(memory: Memory, notices: list[Notice], wanted: Collection[Kind], now: float) -> Decision:
    told = dict(memory.told)
    new = []
    for notice in notices:
        key = (notice.standing.slot, notice.kind)
        if notice.kind in wanted and key not in told:
            told[key] = now
            new.append(notice)
    return memory._replace(told=told), tuple(new)


def recalled(told: Mapping[tuple[str, Kind], float], now: float) -> Memory:
    """What counts of an earlier run: a service that starts again and again tells the same once an hour."""
    return Memory({key: at for key, at in told.items() if 0 <= now - at < FORGOTTEN_AFTER})
