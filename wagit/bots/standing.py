"""How a slot's bot stands: its state, since when, why, and what to do. Pure."""

from __future__ import annotations

from typing import NamedTuple

from wagit.bots.observation import FINAL, BotState, Seen
from wagit.bots.pursue import State


class Standing(NamedTuple):
    """What people and programs are told of a slot's bot; times in seconds since the epoch.

    `reason` says why it is so, `next_step` what helps, both empty where there is nothing to say. `number` is
    whole: mask it before it is shown. `ref` is what a QR that waits says. `restarts` counts those in a row,
    of `attempts`. `pid` is the bot's. `version` is WhatsApp's own. `asked`: who wants the slot elsewhere.
    """

    slot: str
    branch: str | None
    state: BotState
    since: float
    reason: str = ""
    next_step: str = ""
    number: str | None = None
    ref: str | None = None
    restarts: int = 0
    attempts: int = 0
    pid: int | None = None
    version: str | None = None
    asked: str = ""


def standing(state: State, now: float, pid: int | None = None) -> Standing | None:
    """Say how the bot stands, as of `now`; None before it is known which slot it is about."""
    about = state.bot or state.wanted
    if about is None:
        return None
    bot_state, reason = _state(state)
    seen = state.seen if state.bot is not None else Seen()
    lost = state.lost if bot_state == "failed" else None
    step = (lost.hint if lost is not None else None) or next_step(bot_state, about.slot)
    asked = state.asked.by if state.bot is not None and state.asked and state.asked.slot == about.slot else ""
    if asked:
        reason = reason or f"{asked} asks for {about.slot}"
        step = step or "stop the bot, and it is theirs: wagit down"
    return Standing(
        about.slot, about.branch, bot_state, now, reason, step,
        seen.number, seen.ref, state.restarts, about.restart.attempts,
        pid if state.bot is not None else None, seen.version, asked,
    )  # fmt: skip


def left(before: Standing, now: float) -> Standing:
    """How a slot stands that made way for another one."""
    return before._replace(
        state="stopped", since=now, reason="", next_step="", ref=None, restarts=0, pid=None, asked=""
    )


def _state(state: State) -> tuple[BotState, str]:
    if state.bot is not None:
        return state.seen.state, state.seen.reason
    if state.over:
        return _ended(state)
    if state.again is not None:
        return "reconnecting", state.problem
    if state.refused:
        return "failed", state.problem
    return "starting", ""


def _ended(state: State) -> tuple[BotState, str]:
    """The run is over: what WhatsApp ended stays so, what crashed failed, what was asked for stopped."""
    if state.leaving is None and state.seen.state in FINAL:
        return state.seen.state, state.seen.reason
    if state.failing is not None or state.lost is not None:
        return "failed", str(state.failing or state.lost)
    return ("failed", state.problem) if state.leaving is None and state.status != 0 else ("stopped", "")


def next_step(state: BotState, slot: str) -> str:
    """What a user does about it; empty for nothing."""
    steps: dict[BotState, str] = {
        "qr": f"scan it: on the phone, Linked devices, Link a device; or: wagit login {slot}",
        "degraded": "it is restarted by itself if it stays so; look: wagit logs",
        "conflict": "stop the other one, then: wagit restart",
        "logged-out": f"link it again: wagit login {slot}",
        "banned": "open WhatsApp on the phone and see what it asks for",
        "outdated-browser": "update Chromium, then: wagit restart",
        "failed": "look: wagit logs; then: wagit restart",
    }
    return steps.get(state, "")
