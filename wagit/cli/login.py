"""The verbs `login` and `refresh`: link a device, keep sessions fresh."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.bot import QrPath
from wagit.cli.front import Front
from wagit.cli.slot_argument import Slot
from wagit.cli.verbs import Numbers, Yes, verb
from wagit.core.errors import UsageError

verbs = typer.Typer()


def _seconds(text: str) -> float:
    from wagit.config.values import seconds

    try:
        return seconds(text)
    except ValueError as bad:
        raise typer.BadParameter(str(bad)) from None


@verb(verbs, "login")
def login(
    front: Front,
    slot: Slot = None,
    phone: Annotated[
        str | None,
        typer.Option("--phone", metavar="NUMBER", help="Show a code to type into this phone, and no QR."),
    ] = None,
    qr_file: QrPath = None,
    window: Annotated[bool, typer.Option("--window", help="Show the browser.")] = False,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="TIME", callback=_seconds, help="How long to wait: 90s, 5m.")
    ] = "5m",
    yes: Yes = False,
    show_numbers: Numbers = False,
) -> None:
    """Link a slot to a phone, by a QR or a pairing code. A bot starts on it without a QR then.

    Example: wagit login --phone +4915112345678
    """
    from wagit.cli import render_login
    from wagit.cli.passphrase import asker
    from wagit.operations import login as operation

    confirm = functools.partial(front.confirm, yes=yes)
    wish = operation.Wish(phone, qr_file, float(timeout), not window, asker(front), confirm)
    screen = render_login.LoginScreen(front)
    done = operation.login(front.context(), slot, wish, screen.show, lambda line: front.say([line]))
    front.emit(render_login.mask(done, show_numbers), render_login.logged_in)


@verb(verbs, "refresh")
def refresh(
    front: Front,
    slots: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SLOT...]", autocompletion=complete.slots, help="Slots; default: this worktree's."
        ),
    ] = None,
    stale: Annotated[bool, typer.Option("--stale", help="All that have not been ready lately.")] = False,
    everywhere: Annotated[bool, typer.Option("--all", help="All linked slots.")] = False,
) -> None:
    """Keep sessions fresh: open each in a browser for a while, in turn. Exit status 1: one failed.

    Example: wagit refresh --stale
    """
    from wagit.cli import render_login
    from wagit.cli.passphrase import asker
    from wagit.operations import refresh as operation

    if sum((bool(slots), stale, everywhere)) > 1:
        raise UsageError("refresh takes either slots, --stale or --all", "see: wagit refresh --help")
    context = front.context()
    chosen = operation.chosen(context, slots or [], stale=stale, everywhere=everywhere)
    done = []
    for one in operation.refresh(context, chosen, lambda line: front.say([line]), ask=asker(front)):
        render_login.refreshing(front, one)
        done.append(one)
    front.emit(done, render_login.refreshed)
    front.exit(0 if all(one.outcome in operation.OK for one in done) else 1)
