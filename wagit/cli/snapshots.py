"""The verbs `snapshot` and `snapshots …`: take, list, show, compare, let go."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, verb

Slot = Annotated[
    str | None,
    typer.Argument(metavar="SLOT", autocompletion=complete.slots, help="A slot; default: this worktree's."),
]

top = typer.Typer()
verbs = typer.Typer(
    help="The snapshots of a slot: list, show, compare, remove.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@verb(top, "snapshot")
def snapshot(
    front: Front,
    slot: Slot = None,
    message: Annotated[
        str, typer.Option("-m", "--message", metavar="TEXT", help="What it is for; keeps it from pruning.")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="All the data, not the essential alone.")] = False,
    hot: Annotated[bool, typer.Option("--hot", help="Also beside a bot that is writing.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Take a snapshot of a slot. One that is in use is refused without --hot.

    Example: wagit snapshot -m "before the update"
    """
    from wagit.cli import render_snapshots
    from wagit.operations import snapshots, use
    from wagit.operations.snapshot import Ask

    context = front.context()
    ask = Ask("asked", context.clock.now(), message, full=full, hot=hot)
    if dry_run:
        front.emit(snapshots.preview(context, slot, ask), render_snapshots.taken)
        return
    front.say(use.try_follow(context, "snapshot") if slot is None else ())
    with front.progress("taking a snapshot") as progress:
        done = snapshots.take(context, slot, ask, progress)
    front.emit(done, render_snapshots.taken)
