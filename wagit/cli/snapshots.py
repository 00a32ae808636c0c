"""The verbs `snapshot` and `snapshots …`: take, list, show, compare, let go."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.slot_argument import Slot
from wagit.cli.verbs import DryRun, Numbers, Yes, verb
from wagit.core.errors import UsageError

OneSnapshot = Annotated[
    list[str],
    typer.Argument(metavar="[SLOT] SNAPSHOT", autocompletion=complete.snapshots, help="A snapshot."),
]
OneOrTwo = Annotated[
    list[str],
    typer.Argument(
        metavar="[SLOT] SNAPSHOT [OTHER]", autocompletion=complete.snapshots,
        help="A snapshot, and another; default: the data as it is now.",
    ),
]  # fmt: skip
Snapshots = Annotated[
    list[str],
    typer.Argument(metavar="[SLOT] SNAPSHOT...", autocompletion=complete.snapshots, help="Snapshots."),
]
SlotOrGone = Annotated[
    str | None,
    typer.Argument(
        metavar="SLOT", autocompletion=complete.slots_with_snapshots,
        help="A slot, also one that is gone; default: this worktree's.",
    ),
]  # fmt: skip

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
    from wagit.operations import orphans, snapshots, use
    from wagit.operations.snapshot import Ask

    context = front.context()
    ask = Ask("asked", context.clock.now(), message, full=full, hot=hot)
    if dry_run:
        front.emit(snapshots.preview(context, slot, ask), render_snapshots.taken)
        return
    front.say(use.try_follow(context, "snapshot") if slot is None else ())
    front.say(() if hot else orphans.end(context, slot))
    with front.progress("taking a snapshot") as progress:
        done = snapshots.take(context, slot, ask, progress)
    front.emit(done, render_snapshots.taken)


@verb(verbs, "ls")
def ls(
    front: Front,
    slot: SlotOrGone = None,
    everywhere: Annotated[
        bool, typer.Option("--all", help="Of all slots, also those that are gone.")
    ] = False,
) -> None:
    """List a slot's snapshots, newest first.

    Example: wagit snapshots ls dev
    """
    from wagit.cli import render_snapshots
    from wagit.operations import snapshots

    if everywhere and slot is not None:
        raise UsageError("ls takes either a slot or --all", "see: wagit snapshots ls --help")
    rows = snapshots.ls(front.context(), slot, everywhere=everywhere)
    front.emit(rows, render_snapshots.listing if rows else lambda _: render_snapshots.none_yet(slot))
    front.say(render_snapshots.damaged(rows))


@verb(verbs, "show")
def show(
    front: Front,
    words: OneSnapshot,
    files: Annotated[bool, typer.Option("--files", help="List what is in it, too.")] = False,
    show_numbers: Numbers = False,
) -> None:
    """Show all that is known of a snapshot. SNAPSHOT is an id or its start, latest, latest~2, '@{yesterday}'.

    Example: wagit snapshots show latest --files
    """
    from wagit.cli import render_snapshots
    from wagit.operations import snapshots

    context = front.context()
    slot, [name] = snapshots.words(context, words, 1)
    found = snapshots.show(context, slot, name, files=files)
    front.emit(render_snapshots.mask(found, show_numbers), render_snapshots.detail)


@verb(verbs, "diff")
def diff(front: Front, words: OneOrTwo) -> None:
    """Compare a snapshot with another, or with the slot's data as it is now.

    Example: wagit snapshots diff '@{yesterday}'
    """
    from wagit.cli import render_snapshots
    from wagit.operations import snapshots, snapshots_diff

    context = front.context()
    slot, names = snapshots.words(context, words, 2)
    with front.progress(f"comparing {slot}") as progress:
        found = snapshots_diff.diff(context, slot, names, progress)
    front.emit(found, render_snapshots.differences)


@verb(verbs, "rm")
def rm(
    front: Front,
    words: Snapshots,
    force: Annotated[bool, typer.Option("--force", help="Also the newest clean one.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Remove snapshots, also damaged ones. For a day they can be had back: wagit undo.

    Example: wagit snapshots rm latest~3 --yes
    """
    from wagit.cli import render_snapshots
    from wagit.operations import snapshots, snapshots_rm

    context = front.context()
    slot, names = snapshots.words(context, words)
    ids = snapshots_rm.chosen(context, slot, names, force=force)
    if not dry_run:
        front.confirm(f"Remove {render_snapshots.named(ids)} of slot {slot}?", yes=yes)
    front.emit(snapshots_rm.remove(context, slot, ids, dry_run=dry_run), render_snapshots.removed)
