"""What the supervisor does about a slot that other machines share: pure, as the rest of its policy."""

from __future__ import annotations

from wagit.bots.assignment import Assignment
from wagit.bots.events import Asked, Effect, Say
from wagit.bots.pursue import Decision, State, pursue
from wagit.core.errors import WagitError


def lost(state: State, slot: str, error: WagitError) -> Decision:
    """The slot is another machine's: its bot is stopped at once, and the run ends with the error."""
    ours = _ours(state, slot)
    if ours is None or state.lost is not None:
        return state, []
    then = "; stopping the bot" if state.bot is not None and not state.stopping else ""
    effects: list[Effect] = [Say(f"{ours.title}: {error.message}{then}")]
    return pursue(state._replace(leaving=state.leaving or error.exit_status, lost=error), effects)


def _ours(state: State, slot: str) -> Assignment | None:
    """What runs on the slot, or is about to."""
    about = (each for each in (state.bot, state.held, state.working) if each is not None)
    return next((each for each in about if each.slot == slot), None)


def asked(state: State, request: Asked) -> Decision:
    """Tell once that somebody waits for the slot."""
    if request == state.asked:
        return state, []
    tell = request.by and _ours(state, request.slot) is not None
    text = f"{request.by} asks for {request.slot}: stop the bot, and it is theirs"
    return state._replace(asked=request if request.by else None), [Say(text)] if tell else []
