"""What people see of `login` and `refresh`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wagit.cli.front import Front
from wagit.integrity.identity import masked

if TYPE_CHECKING:
    from wagit.bots.builtin import BotEvent
    from wagit.operations.login import LoggedIn
    from wagit.operations.refresh import Refreshed

_SCAN = "scan it with the phone: WhatsApp, Linked devices, Link a device"
_TYPE = "type it into the phone: WhatsApp, Linked devices, Link a device, Link with phone number instead"
_STATES = {
    "booting": "opening WhatsApp Web",
    "linking": "linked; WhatsApp gets ready",
    "syncing": "loading chats",
    "ready": "ready; the login is made safe",
    "offline": "the connection to WhatsApp is lost; waiting",
    "logged-out": "WhatsApp took the old login away",
    "proxy-blocked": "WhatsApp does not accept this network; waiting",
    "outdated-page": "WhatsApp wants its page reloaded; waiting",
}


class LoginScreen:
    """Shows a login as it happens: on stderr; with --json as lines on stdout, as `wagit bot` does.

    On a terminal a QR is drawn over the one before, and goes when it has been scanned.
    """

    def __init__(self, front: Front) -> None:
        self._json = front.shared.json
        self._quiet = front.shared.quiet
        self._terminal = sys.stderr.isatty()
        self._colour = front.shared.color == "always" or (self._terminal and front.shared.color == "auto")
        self._drawn = 0  # lines that a newer drawing replaces

    def show(self, event: BotEvent) -> None:
        """Show one event."""
        from wagit.operations.bot import as_json

        values = as_json(event)
        if self._json:
            print(json.dumps(values), flush=True)
            return
        match values["event"]:
            case "qr":
                self._draw(str(values["ref"]))
            case "code":
                self._replace([f"pairing code: {_grouped(str(values['code']))}", _TYPE])
            case "state" if values["state"] in _STATES:
                self._line(_STATES[str(values["state"])])
            case "account":
                self._line(f"account {masked(str(values['number']))}")
            case "trouble":
                self._line(f"{values['what']}: {values['detail']}; trying again in {values['retry_in']} s")

    def _draw(self, ref: str) -> None:
        from wagit.browser.qr import render_qr

        lines = render_qr(ref, colour=self._colour).split("\n")
        width = len(render_qr(ref, colour=False).split("\n")[0])
        self._replace([*lines, _SCAN, *self._too_small(len(lines) + 3, width)])

    def _too_small(self, height: int, width: int) -> list[str]:
        if not self._terminal:
            return []
        size = os.get_terminal_size(sys.stderr.fileno())
        if size.lines >= height and size.columns >= width:
            return []
        return [
            f"it needs {height} lines of {width} columns, here are {size.lines} of {size.columns}:"
            " enlarge the window, or use --qr-file qr.png, or --phone NUMBER"
        ]

    def _line(self, text: str) -> None:
        """A line for the record; not with -q, which a QR or a code is shown with all the same."""
        self._erase()
        if not self._quiet:
            print(f"wagit: {text}", file=sys.stderr, flush=True)

    def _replace(self, lines: Sequence[str]) -> None:
        self._erase()
        print("\n".join(lines), file=sys.stderr, flush=True)
        if self._terminal and len(lines) < os.get_terminal_size(sys.stderr.fileno()).lines:
            self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            print(f"\x1b[{self._drawn}F\x1b[J", end="", file=sys.stderr)
        self._drawn = 0


def _grouped(code: str) -> str:
    from wagit.browser.pairing import grouped

    return grouped(code)


def mask(done: LoggedIn, show_numbers: bool) -> LoggedIn:
    """Mask the account number unless it is asked for."""
    return done if show_numbers else done._replace(account=masked(done.account))


def logged_in(done: LoggedIn) -> str:
    """What is linked now, and where it is safe."""
    how = "is linked already" if done.already else "is linked"
    kept = f", snapshot {done.snapshot}" if done.snapshot else ""
    return f"slot {done.slot} {how}: {done.account}{kept}\nstart its bot: wagit run"


def refreshing(front: Front, done: Refreshed) -> None:
    """One slot, as soon as it is done."""
    if not front.shared.json and not front.shared.quiet:
        print(_row(done), flush=True)


def refreshed(rows: Sequence[Refreshed]) -> str:
    """What there is to say in the end: each was told as it was done."""
    return "" if rows else "no slot is to be refreshed"


def _row(done: Refreshed) -> str:
    if done.outcome == "ready":
        kept = f", snapshot {done.snapshot}" if done.snapshot else ""
        return f"{done.slot}: ready{kept}"
    do = f"; {done.do}" if done.do else ""
    return f"{done.slot}: {done.outcome}: {done.why}{do}"
