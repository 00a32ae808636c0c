"""What a login has come to, event by event. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from wagit.bots.builtin import BotEvent
from wagit.browser.states import PageState
from wagit.browser.watch import AccountKnown, StateChanged
from wagit.integrity.identity import account_digits

End = Literal["ready", "wrong-account", "blocked", "conflict", "outdated-browser"]

_ENDS: dict[PageState, End] = {
    "ready": "ready",
    "terms-blocked": "blocked",
    "conflict": "conflict",
    "outdated-browser": "outdated-browser",
}


class Steps(NamedTuple):
    """`asked`: a phone was asked to link. `number`: whose login it is. `end`: nothing more is waited for."""

    asked: bool = False
    number: str | None = None
    end: End | None = None


def after(steps: Steps, event: BotEvent, wanted: str | None) -> Steps:
    """What is known once `event` came; `wanted` is the account that the slot's rule asks for."""
    if isinstance(event, StateChanged):
        if event.state in ("qr", "logged-out"):
            return Steps(asked=True)
        return steps._replace(end=steps.end or _ENDS.get(event.state))
    if isinstance(event, AccountKnown):
        wrong = bool(wanted) and account_digits(wanted or "") != event.number
        return steps._replace(number=event.number, end="wrong-account" if wrong else steps.end)
    return steps
