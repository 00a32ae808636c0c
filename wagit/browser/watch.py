"""What a page of WhatsApp Web reports by itself: a script for the page, and facts made into events. Pure."""

from __future__ import annotations

from typing import NamedTuple

from wagit.browser.states import FACTS, Facts, PageState, ref_of, state_of

BINDING = "__wagit_report"

# Runs in each document before its own scripts. The page's changes wake it, at most 20 times a second; the
# timer is for what changes nothing on the page. Like whatsapp-web.js (src/Client.js) it renews a QR that
# WhatsApp has stopped renewing, unless a pairing code was asked for.
SCRIPT = """(() => {
  if (window !== window.top || location.origin !== 'https://web.whatsapp.com') return;
  let told = null, due = null, looked = 0, listening = false;
  const look = () => {
    clearTimeout(due);
    due = null;
    looked = performance.now();
    const facts = FACTS;
    const text = JSON.stringify(facts);
    if (text === told) return;
    told = text;
    Promise.resolve(window.REPORT(facts)).catch(() => { told = null; });
    if (facts.version) listen();
    const idle = facts.socket === 'UNPAIRED_IDLE' && !window.__wagit_pairing;
    if (idle) try { window.require('WAWebCmd').Cmd.refreshQR(); } catch {}
  };
  const soon = () => { performance.now() - looked > 50 ? look() : due ??= setTimeout(look, 50); };
  const listen = () => {
    if (listening) return;
    try {
      window.require('WAWebSocketModel').Socket.on('change:state change:hasSynced', look);
      listening = true;
    } catch {}
  };
  const changes = { subtree: true, childList: true, attributeFilter: ['data-ref'] };
  new MutationObserver(soon).observe(document, changes);
  setInterval(look, 500);
  look();
})()""".replace("REPORT", BINDING).replace("FACTS", FACTS)


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
