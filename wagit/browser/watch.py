"""What a page of WhatsApp Web reports by itself: a script for the page, and facts made into events. Pure."""

from __future__ import annotations

from typing import NamedTuple

from wagit.browser.page_script import ON_WHATSAPP, page_script
from wagit.browser.states import Facts, PageState, ref_of, state_of

BINDING = "__wagit_report"

# Runs in each document before its own scripts. Like whatsapp-web.js (src/Client.js) it renews a QR that
# WhatsApp has stopped renewing, unless a pairing code was asked for.
SCRIPT = page_script(
    opening=f"if (!({ON_WHATSAPP})) return;",
    tell=f"""Promise.resolve(window.{BINDING}(facts)).catch(() => {{ told = null; }});
    const idle = facts.socket === 'UNPAIRED_IDLE' && !window.__wagit_pairing;
    if (idle) try {{ window.require('WAWebCmd').Cmd.refreshQR(); }} catch {{}}""",
)


class StateChanged(NamedTuple):
    """The page is in another state than before; `since` is in seconds since the epoch."""

    state: PageState
    before: PageState | None
    since: float
    version: str | None  # WhatsApp's own


class AccountKnown(NamedTuple):
    """The account that is logged in; `number` is digits only."""

    number: str
    since: float


class QrShown(NamedTuple):
    """A new QR waits for a phone; `ref` is what it must say."""

    ref: str
    since: float


PageEvent = StateChanged | AccountKnown | QrShown

_LOGGED_IN = frozenset({"syncing", "ready", "offline", "conflict"})


class PageWatch:
    """Turns each reading of the page into what is new in it."""

    def __init__(self) -> None:
        self.state: PageState | None = None
        self._number: str | None = None
        self._ref: str | None = None

    def observe(self, facts: Facts, now: float) -> list[PageEvent]:
        """What `facts`, read at `now`, tell that was not told before: state, then account, then QR."""
        events: list[PageEvent] = []
        state, ref = state_of(facts), ref_of(facts)
        if self.state == "linking" and state == "booting" and facts.version:
            state = "linking"  # with its new login the page connects again
        number = facts.number if state in _LOGGED_IN else None  # Local Storage may still name the last one
        if state != self.state:
            events.append(StateChanged(state, self.state, now, facts.version))
        if number is not None and number != self._number:
            events.append(AccountKnown(number, now))
        if ref is not None and ref != self._ref:
            events.append(QrShown(ref, now))
        self.state, self._ref = state, ref
        self._number = None if state in {"qr", "logged-out"} else number or self._number
        return events
