"""What WhatsApp Web's page says about itself: facts read in the page, and the state they mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

PageState = Literal[
    "booting",  # nothing is known yet; never taken for logged out, however long it lasts
    "qr",  # no login here: a QR waits for a phone
    "linking",  # a phone has scanned it
    "syncing",  # logged in, loading chats
    "ready",
    "offline",  # logged in, the connection is lost and opened again
    "conflict",  # another browser opened this session; this one waits
    "logged-out",  # the login was taken away, from the phone or here; a QR may show already
    "proxy-blocked",
    "terms-blocked",  # WhatsApp blocks the account or asks to accept its terms
    "outdated-page",  # WhatsApp wants its page reloaded
    "outdated-browser",  # WhatsApp wants another browser
]

# JavaScript that evaluates to the facts. The modules are those whatsapp-web.js 1.34 reads in src/Client.js
# and src/util/Injected; before `Debug.VERSION` they are not asked for, since a failed `require` is logged.
FACTS = """(() => {
  const ask = (get) => { try { return get() ?? null; } catch { return null; } };
  const version = ask(() => window.Debug.VERSION);
  const module = (name) => version && window.require(name);
  const socket = ask(() => module('WAWebSocketModel').Socket);
  const user = ask(() => module('WAWebUserPrefsMeUser').getMaybeMePnUser());
  const shown = (selector) => document.querySelector(selector);
  return {
    url: location.href,
    version,
    socket: ask(() => socket.state),
    synced: ask(() => socket.hasSynced),
    wid: ask(() => user._serialized) ?? ask(() => JSON.parse(localStorage.getItem('last-wid-md'))),
    ref: ask(() => shown('div[data-ref]').getAttribute('data-ref')),
    chats: shown('#pane-side') !== null,
    refused: !version && ask(() => /Google Chrome \\d+\\+/.test(document.body.innerText)) === true,
  };
})()"""


class Facts(NamedTuple):
    """What was read in the page; None where it says nothing."""

    url: str = ""
    version: str | None = None  # WhatsApp's own, "2.3000.1031650425"
    socket: str | None = None  # Socket.state
    synced: bool | None = None  # Socket.hasSynced
    wid: str | None = None  # this device: "4915100000001:12@c.us"
    ref: str | None = None  # what the QR says
    chats: bool = False  # the list of chats is shown
    refused: bool = False  # WhatsApp shows which browsers it works with

    @property
    def number(self) -> str | None:
        """The account's number, digits only; None without a login."""
        found = re.match(r"(\d{5,20})(?:[.:]\d+)*@", self.wid or "")
        return found[1] if found else None


def facts_from(read: object) -> Facts:
    """Make facts of what FACTS evaluated to; the page is somebody else's, so wrong types are dropped."""
    if not isinstance(read, Mapping):
        return Facts()
    texts = {name: _text(read.get(name)) for name in ("version", "socket", "wid", "ref")}
    synced = read.get("synced")
    return Facts(
        url=_text(read.get("url")) or "",
        synced=synced if isinstance(synced, bool) else None,
        chats=read.get("chats") is True,
        refused=read.get("refused") is True,
        **texts,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


_SOCKET: dict[str, PageState] = {
    "PAIRING": "linking",
    "CONFLICT": "conflict",
    "TIMEOUT": "offline",
    "PROXYBLOCK": "proxy-blocked",
    "TOS_BLOCK": "terms-blocked",
    "SMB_TOS_BLOCK": "terms-blocked",
    "DEPRECATED_VERSION": "outdated-page",
}


def state_of(facts: Facts) -> PageState:
    """Name the state. What the page's JavaScript says comes first, what it shows second."""
    if facts.socket in _SOCKET:
        return _SOCKET[facts.socket]
    if facts.socket == "CONNECTED":
        return "ready" if facts.synced or (facts.synced is None and facts.chats) else "syncing"
    if facts.socket in {"UNPAIRED", "UNPAIRED_IDLE"}:
        return _without_login(facts)
    if facts.socket is not None:  # OPENING, UNLAUNCHED and what WhatsApp may add
        return "offline" if facts.synced else "booting"
    return _from_dom(facts)


def _from_dom(facts: Facts) -> PageState:
    if facts.chats:
        return "ready"
    if facts.ref is not None:
        return _without_login(facts)
    return "outdated-browser" if facts.refused else "booting"


def _without_login(facts: Facts) -> PageState:
    """WhatsApp goes to `/?post_logout=1` when it takes a login away, and shows its QR there."""
    return "logged-out" if re.search(r"[?&]post_logout=1(&|#|$)", facts.url) else "qr"


def ref_of(facts: Facts) -> str | None:
    """What a QR must say to link this page now; None when none waits or it has expired."""
    return facts.ref if facts.socket in {"UNPAIRED", None} else None
