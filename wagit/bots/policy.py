"""What the supervisor does next: a pure function of its state and what happened.

`decide` first notes the event in the state, then `pursue` compares what runs with what is wanted and
asks for whatever brings them together. A bot of the wrong slot is never left running: where it is not
known what is wanted, or it cannot be had, there is no bot until it can.
"""

from __future__ import annotations

import signal

from wagit.bots import events as happened
from wagit.bots.assignment import Assignment, Saved
from wagit.bots.events import Drop, Effect, Event, Hurry, Resolve, Save, Say, Stop, Suspend
from wagit.bots.observation import FINAL, Observation, Silent, after
from wagit.bots.policy_sharing import asked, lost
from wagit.bots.pursue import Decision, State, leave, pursue, start, wants
from wagit.bots.watch import ConfigChanged, StateGone, WorktreeGone
from wagit.core.errors import WagitError
from wagit.core.locks import Locked

BUSY_POLL = 1.0  # seconds until a held slot is asked for again: its lock's release makes no event
POLL = 10.0  # seconds until anything else is tried again, besides at every change
SLOT_BUSY = 11  # the exit status of a slot that another process holds


def decide(state: State, event: Event) -> Decision:  # noqa: PLR0911, PLR0912 - one line an event
    """Return the state after `event` and what to do, in order."""
    match event:
        case happened.Changed(change):
            return _changed(state, change)
        case happened.Resolved(assignment):
            return _resolved(state, assignment)
        case happened.Unresolved(error):
            return _unresolved(state, error)
        case happened.Taken(assignment):
            return pursue(state._replace(working=None, held=assignment), [])
        case happened.Settled():
            return _settled(state)
        case happened.Refused(assignment, error):
            return _refused(state, assignment, error)
        case happened.Exited():
            return _exited(state)
        case happened.Ended(status):
            return _ended(state, status)
        case happened.Noted(_, what):
            return _noted(state, what)
        case happened.Again():
            return _restart(state)
        case happened.Signalled(number):
            return _signalled(state, number)
        case happened.Lost(slot, error):
            return lost(state, slot, error)
        case happened.Asked():
            return asked(state, event)
        case happened.Tick():
            return _tick(state)
        case happened.Due():
            return state, [] if state.bot is None or state.stopping else [Save(state.bot, "timer")]
        case happened.SaveDone(save, saved):
            return _saved(state, save, saved)
        case happened.Broke(error):
            return pursue(state._replace(working=None, leaving=state.leaving or 1, failing=error), [])


def _changed(state: State, change: object) -> Decision:
    effects: list[Effect] = []
    if isinstance(change, WorktreeGone):
        effects.append(Say(f"{change.path} is gone; stopping the bot"))
        return pursue(state._replace(leaving=state.leaving or 1), effects)
    if isinstance(change, StateGone):
        effects.append(Say(f"{change.path} was deleted; the bot goes on, run `wagit init` to set up again"))
    moved = state.moved or not isinstance(change, ConfigChanged | StateGone)
    return _ask(state._replace(moved=moved), effects)


def _ask(state: State, effects: list[Effect]) -> Decision:
    """Resolve anew; one question at a time, and its answer counts only if nothing changed meanwhile."""
    if state.leaving is not None:
        return state, effects
    if state.resolving:
        return state._replace(stale=True), effects
    return state._replace(resolving=True, stale=False), [*effects, Resolve()]


def _resolved(state: State, assignment: Assignment) -> Decision:
    state = state._replace(resolving=False)
    if state.stale:
        return _ask(state, [])
    effects = _tell_of_command(state, assignment)
    runs = state.bot is not None and state.bot.same_session(assignment)
    if runs or not wants(state, assignment):
        state = state._replace(problem="")
    state = state._replace(wanted=assignment, moved=False)
    if state.again is not None and state.again.same_session(assignment):
        return pursue(state, effects)  # its time has not come
    return pursue(state._replace(refused=False, poll=None, again=None, restarts=_restarts(state)), effects)


def _restarts(state: State) -> int:
    """Those in a row count on while the same bot runs."""
    return state.restarts if state.bot is not None and wants(state, state.bot) else 0


def _tell_of_command(state: State, assignment: Assignment) -> list[Effect]:
    if state.bot is None or state.wanted is None or not state.bot.same_session(assignment):
        return []
    if assignment.command in (state.bot.command, state.wanted.command):
        return []
    return [Say(f"{assignment.title}: its command is another now; it counts from the next start on")]


def _unresolved(state: State, error: WagitError) -> Decision:
    state = state._replace(resolving=False)
    if state.stale:
        return _ask(state, [])
    if state.moved:
        state = state._replace(wanted=None, poll=POLL)
    state, effects = _tell(state, error)
    return pursue(state, effects)


def _tell(state: State, error: WagitError) -> Decision:
    """Say what the problem is, once."""
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    if text == state.problem:
        return state, []
    return state._replace(problem=text), [Say(text)]


def _settled(state: State) -> Decision:
    """Start what is wanted now: of the slot that was settled, it may have a newer command."""
    state = state._replace(working=None)
    if state.leaving is None and state.wanted is not None and wants(state, state.held):
        return start(state, state.wanted)
    return pursue(state, [])


def _refused(state: State, assignment: Assignment, error: WagitError) -> Decision:
    """Note that a slot cannot be had; one that is not wanted any more is no news."""
    state = state._replace(working=None)
    effects: list[Effect] = []
    if state.bot is not None and not state.stopping and state.bot.same_session(assignment):
        state = state._replace(bot=None)  # it did not start
        effects.append(Drop(assignment))
    if state.held is not None:
        effects.append(Drop(state.held))
        state = state._replace(held=None)
    if state.leaving is None and wants(state, assignment):
        busy = isinstance(error, Locked) or error.exit_status == SLOT_BUSY
        if not (busy and state.stopping):  # else it may be for the bot that is stopping: asked again then
            state, told = _tell(state, error)
            effects += told
        state = state._replace(refused=True, poll=BUSY_POLL if busy else POLL)
    return pursue(state, effects)


def _exited(state: State) -> Decision:
    """The leader ended: what it leaves behind is stopped the same safe way."""
    if state.bot is None or state.stopping:
        return state, []
    return state._replace(stopping=True, exited=state.bot), [Stop()]


def _noted(state: State, what: Observation) -> Decision:
    """What is seen of the session decides whether its bot is restarted, now or once it has ended."""
    before = state.seen.state
    state = state._replace(seen=after(state.seen, what))
    if state.bot is None:
        return state, []
    if isinstance(what, Silent):
        if state.stopping:
            return state, []
        told: list[Effect] = [
            Say(f"{state.bot.title}: {what.why}; stopping the bot to start it again"),
            Stop(),
        ]
        return state._replace(stopping=True, exited=state.bot, silent=True), told
    if state.seen.state == "ready":
        return state._replace(restarts=0), []
    if state.seen.state in FINAL and before != state.seen.state:
        return state, [Say(f"{state.bot.title}: {state.seen.state}: {state.seen.reason}")]
    return state, []


def _restart(state: State) -> Decision:
    """Asked for by the user: at once, and as if it were the first start. A bot that is ending makes way."""
    if state.leaving is not None:
        return state, []
    state = state._replace(restarts=0, again=None, exited=None, silent=False, over=False)
    if state.stopping:
        return state, []
    if state.bot is not None:
        return state._replace(stopping=True), [Say(f"restarting the bot of {state.bot.title}"), Stop()]
    return _tick(state)


def _ended(state: State, status: int | None) -> Decision:
    effects: list[Effect] = [] if state.bot is None else [Drop(state.bot)]
    if state.exited is None and state.leaving is None:
        status = None  # it made way for another; that says nothing about this run
    saves = [Save(state.bot, _why(state))] if state.bot is not None and _saves(state, state.bot) else []
    state = state._replace(saving=(*state.saving, *saves))
    # A slot may have been refused because of the bot that has just ended.
    state = state._replace(bot=None, stopping=False, status=status, refused=False)
    return pursue(state, [*effects, *saves])


def _why(state: State) -> str:
    """What the bot's end is told as: it ended by itself (`end`), was stopped, or made way."""
    if state.exited is not None:
        return "end"
    return "switch" if state.leaving is None else "stop"


def _saves(state: State, bot: Assignment) -> bool:
    if state.failing is not None:
        return False  # who knows what still runs
    return bot.snapshots.on_stop or (bot.snapshots.on_switch and _why(state) == "switch")


def _saved(state: State, save: Save, saved: Saved) -> Decision:
    """Tell of a snapshot when the user waits for it, and of a failure always."""
    saving = list(state.saving)
    if save in saving:
        saving.remove(save)
    slot = save.assignment.slot
    effects: list[Effect] = []
    if saved.problem:
        effects.append(Say(f"there is no new snapshot of {slot}: {saved.problem}"))
    elif saved.snapshot and _is_over(state):
        effects.append(Say(f"snapshot {saved.snapshot} of {slot}"))
    return pursue(state._replace(saving=tuple(saving)), effects)


def _is_over(state: State) -> bool:
    """Whether only snapshots keep the run from its end."""
    return state.bot is None and (state.leaving is not None or state.exited is not None)


def _signalled(state: State, number: int) -> Decision:
    if number == getattr(signal, "SIGTSTP", None):
        return state, [Suspend()]
    if state.leaving is None:
        return pursue(state._replace(leaving=128 + number), [Say("stopping")])
    return state, [Hurry() if state.bot is not None else leave(state)]


def _tick(state: State) -> Decision:
    if state.saving and _is_over(state):
        slots = ", ".join(save.assignment.slot for save in state.saving)
        return state._replace(poll=None), [Say(f"taking a snapshot of {slots}; Ctrl-C or SIGTERM skips it")]
    state = state._replace(refused=False, poll=None)
    return _ask(state, []) if state.wanted is None else pursue(state, [])
