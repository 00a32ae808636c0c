"""Bring what runs and what is wanted together, one decision at a time."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from wagit.bots.assignment import Assignment
from wagit.bots.events import Asked, Drop, Effect, Fail, Leave, Save, Say, Settle, Start, Stop, Take
from wagit.bots.observation import FINAL, Seen
from wagit.bots.restart import ENDED_BY_WHATSAPP, judge
from wagit.core.errors import WagitError

SHORTLY = 0.5  # seconds of waiting that need no word


class State(NamedTuple):
    """Everything that a decision depends on.

    `bot`: whose bot runs or is being stopped (`stopping`). `wanted`: what the worktree should run, None
    when that is not known. `working`: what is being taken or settled. `held`: whose lock is ours though
    its bot has not started. `refused`: `wanted` cannot be had now; `problem` is what was said about it.
    `resolving`: an answer is due; `stale`: it is already out of date. `moved`: branch or binding changed
    since the last answer. `exited`: whose bot ended by itself; `status`: the exit status it gave.
    `leaving`: the run's exit status if the bot gives none. `failing`: the error to end with. `saving`:
    the snapshots under way of slots whose bot is gone. `poll`: seconds until a Tick is wanted. `seen`: what
    is known of the session of `bot`, or of the last one. `silent`: it gives no sign of life.
    `again`: whose bot ended and is started again when `poll` has passed; `restarts` counts those in a row.
    `over`: the run is ending. `lost`: why the slot's bot may not run here any more. `asked`: who wants
    which slot on another machine.
    """

    bot: Assignment | None = None
    stopping: bool = False
    wanted: Assignment | None = None
    working: Assignment | None = None
    held: Assignment | None = None
    refused: bool = False
    problem: str = ""
    resolving: bool = False
    stale: bool = False
    moved: bool = False
    exited: Assignment | None = None
    status: int | None = None
    leaving: int | None = None
    failing: BaseException | None = None
    saving: tuple[Save, ...] = ()
    poll: float | None = None
    seen: Seen = Seen()
    silent: bool = False
    again: Assignment | None = None
    restarts: int = 0
    over: bool = False
    lost: WagitError | None = None
    asked: Asked | None = None


Decision = tuple[State, list[Effect]]


def pursue(state: State, effects: list[Effect]) -> Decision:
    """Return `effects` and those that `state` calls for. Asks for nothing that is under way already."""
    if state.leaving is not None:
        return _wind_down(state, effects)
    if state.exited is not None and state.bot is None:
        if state.resolving:
            return state, effects  # it may have ended because the branch changed under it
        if wants(state, state.exited) or state.wanted is None:
            return _after_exit(state, state.exited, effects)
        state = state._replace(exited=None, status=None, silent=False, over=False)
    return _follow(state, effects)


def _after_exit(state: State, bot: Assignment, effects: list[Effect]) -> Decision:
    """The bot ended by itself: it is started again after a while, or the run ends with its status."""
    status = None if state.silent else state.status
    verdict = judge(bot.restart, state.restarts, status, state.seen.state)
    how = "gave no sign of life" if status is None else f"ended with status {status}"
    if verdict.delay is None:
        if verdict.why and not state.over:
            effects = [*effects, Say(f"{bot.title}: the bot is not started again: {verdict.why}")]
        state = state._replace(problem=verdict.why or f"the bot {how}")
        ended = ENDED_BY_WHATSAPP if verdict.why in FINAL else state.status
        return end(state, [*effects, Leave(1 if ended is None else ended)])
    count = f"restart {state.restarts + 1} of {bot.restart.attempts}"
    problem = f"the bot {how}; {count} in {verdict.delay:g} s"
    state = state._replace(
        exited=None, status=None, silent=False, again=bot, restarts=state.restarts + 1, problem=problem,
        refused=True, poll=verdict.delay,
    )  # fmt: skip
    return _follow(state, [*effects, Say(f"{bot.title}: {problem}")])


def end(state: State, effects: list[Effect]) -> Decision:
    """End the run by `effects`, of which the last one does, when no snapshot is under way any more."""
    state = state._replace(over=True)
    return (state._replace(poll=SHORTLY), effects[:-1]) if state.saving else (state, effects)


def wants(state: State, assignment: Assignment | None) -> bool:
    """Whether the wanted session is that of `assignment`."""
    return assignment is not None and state.wanted is not None and state.wanted.same_session(assignment)


def start(state: State, assignment: Assignment) -> Decision:
    """Start the bot of a slot that is held and settled."""
    text = f"{assignment.title}: starting {shlex.join(assignment.command)}"
    restarts = state.restarts if state.again is not None and state.again.same_session(assignment) else 0
    state = state._replace(
        bot=assignment, held=None, problem="", status=None, exited=None, silent=False, seen=Seen(),
        again=None, restarts=restarts,
    )  # fmt: skip
    return state, [Say(text), Start(assignment)]


def _wind_down(state: State, effects: list[Effect]) -> Decision:
    if state.bot is not None:
        return state._replace(stopping=True), effects if state.stopping else [*effects, Stop()]
    if state.working is not None:
        return state, effects  # its answer comes; a second signal does not wait for it
    if state.held is not None:
        effects = [*effects, Drop(state.held)]
    return end(state._replace(held=None), [*effects, leave(state)])


def leave(state: State) -> Effect:
    """End the run: with the error there was, else the bot's status, else the one asked for."""
    if state.failing is not None:
        return Fail(state.failing)
    if state.lost is not None:
        return Fail(state.lost)
    return Leave(state.status if state.status is not None else state.leaving or 0)


def _follow(state: State, effects: list[Effect]) -> Decision:
    """Stop the wrong bot, and meanwhile take what is wanted; once the old one is gone, settle it."""
    state, stop = _stop_wrong_bot(state)
    if state.working is not None:
        return state, [*effects, *stop]
    state, drop = _drop_unwanted(state)
    state, go_on = _settle(state) if state.held is not None else _take(state)
    return state, [*effects, *stop, *drop, *go_on]


def _stop_wrong_bot(state: State) -> Decision:
    if state.bot is None or state.stopping or wants(state, state.bot):
        return state, []
    why = f"{state.wanted.title}: " if state.wanted is not None else ""  # else the problem has been told
    return state._replace(stopping=True), [Say(f"{why}stopping the bot of {state.bot.title}"), Stop()]


def _drop_unwanted(state: State) -> Decision:
    if state.held is None or wants(state, state.held):
        return state, []
    return state._replace(held=None), [Drop(state.held)]


def _take(state: State) -> Decision:
    if state.wanted is None or state.refused or wants(state, state.bot):
        return state, []
    return state._replace(working=state.wanted), [Take(state.wanted)]


def _settle(state: State) -> Decision:
    if state.held is None or state.bot is not None:
        return state, []
    return state._replace(working=state.held), [Settle(state.held)]
