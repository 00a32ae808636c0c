"""The verb `undo`: take an operation back."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, Yes, verb
from wagit.core.errors import UsageError

Number = Annotated[
    int | None,
    typer.Argument(
        metavar="N",
        autocompletion=complete.operations,
        help="An operation's number in the list or the log; default: the newest that you asked for.",
    ),
]
Listed = Annotated[bool, typer.Option("--list", help="Show what can be taken back, or why it cannot.")]
Limit = Annotated[int, typer.Option("-n", min=0, metavar="N", help="How many to list; 0 for all.")]

verbs = typer.Typer()


@verb(verbs, "undo")
def undo(
    front: Front,
    number: Number = None,
    listed: Listed = False,
    limit: Limit = 20,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take back the last thing that was done: use, restore, repair, clean, rename, rm, adopt, move, …

    Run again, it goes further back. The number of an undo does again what that took back.

    Example: wagit undo --list
    """
    from wagit.cli import render_undo
    from wagit.operations import undo as operation
    from wagit.operations import use

    if listed and number is not None:
        raise UsageError("undo takes either a number or --list", "see: wagit undo --help")
    context = front.context()
    if listed:
        front.emit(operation.listing(context, limit), render_undo.listing)
        return
    chosen = operation.choose(context, number)
    front.say(chosen.warnings)
    if not dry_run:
        front.confirm(render_undo.question(chosen), yes=yes)
    with front.progress("taking back") as progress:
        done = operation.undo(context, chosen.number, dry_run=dry_run, progress=progress)
    front.say((*done.notices, *(() if dry_run else use.try_follow(context, "undo"))))
    front.emit(done, render_undo.undone)
