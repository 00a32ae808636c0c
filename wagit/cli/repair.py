"""The verbs `repair` and `clean`: put a slot's session in order, or start it over."""

from __future__ import annotations

import typer

from wagit.cli.front import Front
from wagit.cli.slot_argument import Slot
from wagit.cli.verbs import DryRun, Yes, verb

verbs = typer.Typer()


@verb(verbs, "repair")
def repair(front: Front, slot: Slot = None, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Mend a slot's session, or restore its newest good snapshot. What was there is set aside.

    Every byte is checked first; what is whole is left alone.

    Example: wagit repair dev --dry-run
    """
    from wagit.cli import render_repair
    from wagit.operations import orphans
    from wagit.operations import repair as operation

    context = front.context()
    front.say(() if dry_run else orphans.end(context, slot))
    if dry_run or not yes:
        with front.progress("checking") as progress:
            planned = operation.repair(context, slot, progress=progress, dry_run=True)
        if dry_run or planned.outcome in ("whole", "empty"):
            front.emit(planned._replace(dry_run=dry_run), render_repair.repaired)
            return
        front.say(render_repair.plan(planned))
        front.confirm(f"Repair slot {planned.slot}?", yes=yes)
    with front.progress("repairing") as progress:
        done = operation.repair(context, slot, progress=progress)
    front.emit(done, render_repair.repaired)


@verb(verbs, "clean")
def clean(front: Front, slot: Slot = None, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Start a slot over, with a new QR code. Its session is set aside.

    Example: wagit clean dev --yes
    """
    from wagit.cli import render_repair
    from wagit.operations import clean as operation
    from wagit.operations import orphans

    context = front.context()
    front.say(() if dry_run else orphans.end(context, slot))
    planned = operation.clean(context, slot, dry_run=True)
    if dry_run:
        front.emit(planned, render_repair.cleaned)
        return
    if planned.replaces:
        front.confirm(render_repair.question(planned), yes=yes)
    front.emit(operation.clean(context, planned.slot), render_repair.cleaned)
