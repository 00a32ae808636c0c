"""The phone's side of the stand-in, for tests, the demo and people: link, unlink, write, read, wait.

    phone = Phone(standin.control_url)
    phone.link("4915100000001", ref=phone.wait_ref())
    phone.wait_ready("4915100000001")

Nothing here sleeps: what waits is answered by the stand-in as soon as it happens.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from wagit.core.errors import WagitError

WAIT = 30.0
"""Seconds that a wait lasts unless told otherwise."""


class PhoneRefused(WagitError):
    """The stand-in refused what the phone asked; `reason` is its stable word for why."""

    code = "phone-refused"

    def __init__(self, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason


class StandinGone(WagitError):
    """No stand-in answers at the control URL."""

    code = "standin-gone"


class PhoneTimeout(WagitError):
    """What the phone waited for did not happen in time."""

    code = "phone-timeout"


class LinkedDevice(NamedTuple):
    """A linked device, as the phone lists it."""

    wid: str
    """Its name: "4915100000001:12@c.us"."""
    number: str
    """The account, digits only."""
    name: str
    """The account's display name."""
    linked_at: float
    """Seconds since the epoch."""
    last_seen: float
    """When a page last opened its session, seconds since the epoch; 0 for never."""
    generation: int
    """How often its session has been opened."""
    rollbacks: int
    """How often an older copy of its session was opened over a newer one."""
    pending: int
    """Messages that wait until a page of it is ready."""
    online: bool
    """Whether a page of it is open."""
    ready: bool
    """Whether that page is ready."""


class SentMessage(NamedTuple):
    """A message that a bot sent."""

    number: str
    """The account that sent it, digits only."""
    wid: str
    """The device that sent it."""
    id: str
    """WhatsApp's id of the message."""
    to: str
    """The receiver: "4915199999999@c.us"."""
    body: str
    """The text."""
    type: str
    """"chat" for a text."""
    t: int
    """When the stand-in took it, seconds since the epoch."""


class Phone:
    """The phone of every account that the stand-in at `control_url` knows."""

    def __init__(self, control_url: str) -> None:
        self.control_url = control_url.rstrip("/")
        self._opener = build_opener(ProxyHandler({}))

    def wait_ref(self, timeout: float = WAIT, other_than: str | None = None) -> str:
        """Return the reference of the newest live QR, waiting for one. Raises PhoneTimeout."""
        ref = self._get("/phone/ref", timeout, other_than=other_than or "")["ref"]
        if ref is None:
            raise PhoneTimeout(
                f"no page showed a QR within {timeout:g} s", "is a bot running against this stand-in?"
            )
        return str(ref)

    def link(self, number: str, name: str = "", ref: str | None = None) -> LinkedDevice:
        """Scan a QR: the whole text, its reference, or by default the newest. Raises PhoneRefused.

        Refused as "ref-expired", "device-limit" (4 a number) or "bad-number".
        """
        body = {"number": number, "name": name} | ({"ref": ref} if ref else {})
        return LinkedDevice(**self._post("/phone/link", **body)["device"])

    def link_code(self, code: str, name: str = "") -> LinkedDevice:
        """Enter a pairing code. Raises PhoneRefused ("code-unknown", "device-limit")."""
        return LinkedDevice(**self._post("/phone/link", code=code, name=name)["device"])

    def unlink(self, number: str, wid: str | None = None) -> list[str]:
        """Log out all devices of a number, or just `wid`; return their names. Raises PhoneRefused."""
        asked = {"wid": wid} if wid else {"number": number}
        return [str(wid) for wid in self._post("/phone/unlink", **asked)["unlinked"]]

    def devices(self, number: str | None = None) -> list[LinkedDevice]:
        """The linked devices of a number, or of all."""
        return [
            LinkedDevice(**device) for device in self._get("/phone/devices", number=number or "")["devices"]
        ]

    def wait_ready(self, number: str, timeout: float = WAIT) -> LinkedDevice:
        """Wait until a page of the number is ready; return its device. Raises PhoneTimeout."""
        device = self._get("/phone/ready", timeout, number=number)["device"]
        if device is None:
            raise PhoneTimeout(
                f"{number} was not ready within {timeout:g} s", "see what happened: Phone.events()"
            )
        return LinkedDevice(**device)

    def wait_offline(self, number: str, timeout: float = WAIT) -> None:
        """Wait until no page of the number is open. Raises PhoneTimeout."""
        if not self._get("/phone/offline", timeout, number=number)["offline"]:
            raise PhoneTimeout(
                f"{number} was still online after {timeout:g} s", "which browser has its session open?"
            )

    def send(self, number: str, sender: str, body: str, name: str = "") -> str:
        """Write to the account from `sender`; return the message's id. Offline devices get it later."""
        asked = {"number": number, "from": sender, "body": body, "name": name}
        return str(self._post("/phone/message", **asked)["message"]["id"])

    def sent(self, number: str, after: int = 0, timeout: float = 0.0) -> list[SentMessage]:
        """What bots of the account sent, from the `after`-th on; waits up to `timeout` seconds for one."""
        messages = self._get("/phone/messages", timeout, number=number, after=after)["messages"]
        return [SentMessage(**message) for message in messages]

    def grow(self, number: str, mb: int) -> int:
        """Have the ready page write `mb` MiB of rows that do not compress; return how many rows.

        Raises PhoneRefused ("not-ready", "page-gone").
        """
        return int(self._post("/phone/grow", number=number, mb=mb)["rows"])

    def rows(self, number: str) -> dict[str, int]:
        """How many rows each object store of the ready page has: {"model-storage/message": 128, …}."""
        return {
            str(store): int(rows) for store, rows in self._post("/phone/rows", number=number)["rows"].items()
        }

    def set_state(self, number: str, state: str) -> int:
        """Put the account's open pages in a socket state ("TIMEOUT", "TOS_BLOCK", …); return how many."""
        return int(self._post("/phone/state", number=number, state=state)["pages"])

    def configure(self, **options: float | bool) -> dict[str, Any]:
        """Change the stand-in's options, see `wagit.standin.switchboard.Options`; return all of them."""
        return self._post("/options", **options)

    def events(self, after: int = 0, timeout: float = 0.0) -> list[dict[str, Any]]:
        """The journal from the `after`-th event on, each with seq, type, at and who it is about.

        Types: ref, idle, code, linked, unlinked, refused, conflict, ready, closed, message, stored, sent.
        """
        return list(self._get("/events", timeout, after=after)["events"])

    def _get(self, path: str, timeout: float = 0.0, **asked: object) -> dict[str, Any]:
        query = urlencode({**asked, "timeout": timeout})
        return self._ask(Request(f"{self.control_url}{path}?{query}"), timeout)

    def _post(self, path: str, **body: object) -> dict[str, Any]:
        headers = {"content-type": "application/json"}
        return self._ask(Request(f"{self.control_url}{path}", json.dumps(body).encode(), headers), 600)

    def _ask(self, request: Request, timeout: float) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=timeout + 10) as response:
                return dict(json.load(response))
        except HTTPError as error:
            with error:
                report = json.load(error)
            raise PhoneRefused(report["error"], report["message"], report["hint"]) from error
        except URLError as error:
            raise StandinGone(
                f"no stand-in answers at {self.control_url}: {error.reason}", "start one: wagit standin"
            ) from error
