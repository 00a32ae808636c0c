"""What can be seen of a bot's session while it runs: in its page, its files, its own words. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from wagit.browser.states import PageState
from wagit.browser.watch import AccountKnown, PageEvent, QrShown

BotState = Literal[
    "starting",  # nothing is known of the session yet
    "qr",  # no login: a QR or a pairing code waits for a phone
    "linking",  # a phone has scanned it
    "syncing",  # logged in, loading chats
    "ready",
    "degraded",  # logged in, but WhatsApp or the page does not answer as it should
    "conflict",  # another browser or bot opened this session
    "logged-out",  # the login was taken away
    "banned",  # WhatsApp blocks the account, or asks to accept its terms
    "outdated-browser",  # WhatsApp wants a newer browser
    "reconnecting",  # the connection was lost, or the bot ended and is started again
    "failed",  # there is no bot, and none will be started without help
    "stopped",  # there is no bot, as was asked
]

FINAL: frozenset[BotState] = frozenset({"conflict", "logged-out", "banned", "outdated-browser"})
"""States that a restart cannot mend, and may make worse."""


class StateSeen(NamedTuple):
    """The session is in another state; `since` in seconds since the epoch, `version` WhatsApp's own."""

    state: BotState
    since: float
    reason: str = ""
    version: str | None = None


class AccountSeen(NamedTuple):
    """The account that is logged in; `number` is digits only."""

    number: str
    since: float


class QrSeen(NamedTuple):
    """A new QR waits for a phone; `ref` is what it must say."""

    ref: str
    since: float


class Answered(NamedTuple):
    """The session gave a sign of life."""

    since: float


class Silent(NamedTuple):
    """It gave none for as long as `why` tells: the bot has to be restarted."""

    why: str
    since: float


Observation = StateSeen | AccountSeen | QrSeen | Answered | Silent


class Seen(NamedTuple):
    """All that was seen of one bot's session. `ref` is what a QR that waits now says."""

    state: BotState = "starting"
    reason: str = ""
    number: str | None = None
    ref: str | None = None
    version: str | None = None


def after(seen: Seen, observation: Observation) -> Seen:
    """What is known once `observation` was made."""
    match observation:
        case StateSeen(state, _, reason, version):
            ref = seen.ref if state == "qr" else None
            number = None if state in ("qr", "logged-out") else seen.number
            return Seen(state, reason, number, ref, version or seen.version)
        case AccountSeen(number):
            return seen._replace(number=number)
        case QrSeen(ref):
            return seen._replace(state="qr", reason="", ref=ref, number=None)
        case Silent(why):
            return seen._replace(state="degraded", reason=why)
        case Answered():
            return seen


_OF_PAGE: dict[PageState, tuple[BotState, str]] = {
    "booting": ("starting", ""),
    "qr": ("qr", ""),
    "linking": ("linking", ""),
    "syncing": ("syncing", ""),
    "ready": ("ready", ""),
    "offline": ("reconnecting", "the connection to WhatsApp is lost"),
    "conflict": ("conflict", "another browser or bot opened this session"),
    "logged-out": ("logged-out", "WhatsApp took the login away"),
    "proxy-blocked": ("degraded", "WhatsApp does not accept this network"),
    "terms-blocked": ("banned", "WhatsApp blocks the account, or asks to accept its terms"),
    "outdated-page": ("reconnecting", "WhatsApp wants its page reloaded"),
    "outdated-browser": ("outdated-browser", "WhatsApp wants a newer browser"),
}


def of_page(event: PageEvent, before: BotState) -> Observation:
    """What a page's event means for the bot. A page that boots again after it was ready reconnects."""
    if isinstance(event, AccountKnown):
        return AccountSeen(event.number, event.since)
    if isinstance(event, QrShown):
        return QrSeen(event.ref, event.since)
    state, reason = _OF_PAGE[event.state]
    if state == "starting" and before in ("ready", "reconnecting", "degraded"):
        state, reason = "reconnecting", "the page is loaded again"
    return StateSeen(state, event.since, reason, event.version)
