"""The verb `restore`: a snapshot back into its slot, or to a directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, Yes, verb

if TYPE_CHECKING:
    from wagit.operations.context import Context
    from wagit.operations.restore import Restored

First = Annotated[
    str | None,
    typer.Argument(
        metavar="SLOT",
        autocompletion=complete.snapshots,
        help="A slot, also one that was removed; default: this worktree's.",
    ),
]
Snapshot = Annotated[
    str | None,
    typer.Argument(
        metavar="SNAPSHOT",
        autocompletion=complete.snapshots,
        help="An id or the start of it, latest, latest~2, '@{yesterday}'; default: the newest clean one.",
    ),
]
Paths = Annotated[
    list[str] | None,
    typer.Option("--path", metavar="FILE", help="Only this file, or what this pattern matches. Repeatable."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="DIR", help="Write to DIR, new or empty; the slot is not touched."),
]

verbs = typer.Typer()


@verb(verbs, "restore")
def restore(
    front: Front,
    slot: First = None,
    snapshot: Snapshot = None,
    path: Paths = None,
    to: To = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put a slot's session back as a snapshot has it. What is there now becomes a snapshot of its own.

    Example: wagit restore dev latest~1
    """
    from wagit.cli import render_restore
    from wagit.operations import restore_choice

    context = front.context()
    chosen = restore_choice.choose(context, slot, snapshot)
    if to is not None:
        done = _to(front, context, chosen, os.path.join(front.directory, to), path or [], dry_run=dry_run)
    else:
        done = _into(front, context, chosen, path or [], yes=yes, dry_run=dry_run)
    front.emit(done, render_restore.restored)


def _to(
    front: Front,
    context: Context,
    chosen: tuple[str, str | None],
    directory: str,
    paths: list[str],
    *,
    dry_run: bool,
) -> Restored:
    from wagit.operations import restore_to

    planned = restore_to.preview_to(context, *chosen, directory, paths)
    front.say(planned.notices)
    if dry_run:
        return planned
    with front.progress(f"writing {planned.snapshot}") as progress:
        return restore_to.restore_to(context, planned.slot, planned.snapshot, directory, paths, progress)


def _into(
    front: Front,
    context: Context,
    chosen: tuple[str, str | None],
    paths: list[str],
    *,
    yes: bool,
    dry_run: bool,
) -> Restored:
    from wagit.cli import render_restore
    from wagit.operations import orphans, use
    from wagit.operations import restore as operation

    front.say(() if dry_run else orphans.end(context, chosen[0]))
    planned = operation.preview(context, *chosen, paths)
    front.say(planned.notices)
    if dry_run:
        return planned
    if planned.replaces:
        front.confirm(render_restore.question(planned), yes=yes)
    with front.progress(f"restoring {planned.slot}") as progress:
        done = operation.restore_paths(
            context, planned.slot, planned.snapshot, paths, progress=progress, named=chosen[1] is not None
        )
    front.say(line for line in done.notices if line not in planned.notices)
    front.say(use.try_follow(context, "restore"))
    return done
