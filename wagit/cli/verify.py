"""The verb `verify`: check sessions and snapshots."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import Numbers, verb
from wagit.core.errors import UsageError

if TYPE_CHECKING:
    from wagit.operations.context import Context

What = Annotated[
    str | None,
    typer.Argument(
        metavar="SLOT|DIR",
        autocompletion=complete.slots,
        help="A slot, or the directory or file of any session; default: this worktree's slot.",
    ),
]

verbs = typer.Typer()


@verb(verbs, "verify")
def verify(
    front: Front,
    what: What = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Check every slot.")] = False,
    snapshots: Annotated[
        bool, typer.Option("--snapshots", help="Check the snapshots, of all slots or of SLOT: every byte.")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read all also where nothing changed since it was read.")
    ] = False,
    show_numbers: Numbers = False,
) -> None:
    """Check every byte of a session before a browser does. The exit status is 12 when a login would be lost.

    Example: wagit verify --all --deep
    """
    if everywhere and (what is not None or snapshots):
        raise UsageError("verify takes one of SLOT, --all and --snapshots", "see: wagit verify --help")
    if snapshots:
        _snapshots(front, front.context(), what)
    elif everywhere:
        _all(front, front.context(), deep=deep, show_numbers=show_numbers)
    else:
        _one(front, what, deep=deep, show_numbers=show_numbers)


def _one(front: Front, what: str | None, *, deep: bool, show_numbers: bool) -> None:
    from wagit.cli import render_verify
    from wagit.core.clock import SystemClock
    from wagit.operations import verify as operation
    from wagit.operations import verify_directory as elsewhere

    context = front.context() if what is None else elsewhere.context_at(front.directory, os.environ)
    slot, path = (None, "") if what is None else elsewhere.meant(context, what, front.directory)
    with front.progress(f"reading {what or 'the session'}") as progress:
        if context is None or (slot is None and what is not None):
            found = elsewhere.verify_directory(path, os.environ, SystemClock(), progress)
        else:
            found = operation.verify(context, slot, deep=deep, progress=progress)
    front.emit(render_verify.mask(found, show_numbers), render_verify.screen)
    front.exit(found.status)


def _all(front: Front, context: Context, *, deep: bool, show_numbers: bool) -> None:
    from wagit.cli import render_verify
    from wagit.operations import verify as operation

    with front.progress("reading the sessions") as progress:
        found = operation.verify_all(context, deep=deep, progress=progress)
    front.emit([render_verify.mask(one, show_numbers) for one in found], render_verify.table)
    front.exit(operation.worst(found))


def _snapshots(front: Front, context: Context, slot: str | None) -> None:
    from wagit.cli import render_verify
    from wagit.operations import verify_snapshots as operation

    with front.progress("reading the snapshots") as progress:
        found = operation.verify_snapshots(context, slot, progress)
    front.emit(found, render_verify.snapshots)
    front.exit(found.status)
