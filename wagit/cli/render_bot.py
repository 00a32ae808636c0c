"""What the running verbs print while they run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from wagit.cli.front import Front, plain

if TYPE_CHECKING:
    from wagit.bots.builtin import BotEvent
    from wagit.operations.demo import Scene
    from wagit.operations.standin import StandinStarted


def printer(front: Front, *, draws: bool = True) -> Callable[[BotEvent], None]:
    """Print each event of the built-in bot: a line for people, or a JSON object with --json.

    `draws`: a QR is drawn, too; not where whoever runs the bot draws it.
    """

    def show(event: BotEvent) -> None:
        from wagit.browser.watch import QrShown
        from wagit.operations.bot import as_json

        if front.shared.json:
            print(json.dumps(as_json(event)), flush=True)
        elif not front.shared.quiet and (draws or not isinstance(event, QrShown)):
            print(_text(as_json(event)), flush=True)

    return show


def _text(event: dict[str, object]) -> str:
    """One event for people; the QR is drawn, the number masked."""
    from wagit.browser.qr import render_qr
    from wagit.integrity.identity import masked

    match event["event"]:
        case "state":
            return str(event["state"])
        case "account":
            return f"account {masked(str(event['number']))}"
        case "qr":
            return f"{render_qr(str(event['ref']))}\nscan it with the phone: Linked devices, Link a device"
        case "trouble":
            return f"{event['what']}: {event['detail']}; trying again in {event['retry_in']} s"
        case _:
            return f"ended: {event['reason']}, browser closed by {event['closed']}"


def announce(front: Front) -> Callable[[StandinStarted], None]:
    """Print where the stand-in listens, and how to point a bot at it."""

    def show(info: StandinStarted) -> None:
        if front.shared.json:
            print(json.dumps(plain(info)), flush=True)
            return
        print(f"stand-in of WhatsApp Web, offline; its phone: {info.control_url}", file=sys.stderr)
        body = '{"number": "4915100000001"}'
        print(f"scan the newest QR:\n  curl -d '{body}' {info.control_url}/phone/link", file=sys.stderr)

    return show


def scene(front: Front, shown: Scene) -> Scene:
    """Print one scene of the demo as it happens."""
    if front.shared.json or front.shared.quiet:
        return shown
    if shown.kind == "command":
        print(f"\n$ {shown.text}")
    elif shown.kind == "timed":
        print(f"  {shown.text}: {shown.seconds:.2f} s")
    elif shown.kind == "output":
        print("\n".join("  " + line for line in shown.text.splitlines()))
    else:
        print(f"\n{shown.text}")
    sys.stdout.flush()
    return shown
