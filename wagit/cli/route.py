"""Verbs about which slot applies: which, use, status, log."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, Numbers, verb
from wagit.core.errors import UsageError

verbs = typer.Typer()


@verb(verbs, "which")
def which(
    front: Front,
    branch: Annotated[
        str | None,
        typer.Argument(
            metavar="BRANCH", autocompletion=complete.branches, help="A branch; default: this one."
        ),
    ] = None,
) -> None:
    """Say which slot a branch uses, and why. By which rule of which file, and why not those before.

    Example: wagit which feature/42-menu
    """
    from wagit.cli import render
    from wagit.operations import which as operation

    front.emit(operation.which(front.context(), branch), render.which)


@verb(verbs, "use")
def use(
    front: Front,
    slot: Annotated[
        str | None,
        typer.Argument(metavar="SLOT", autocompletion=complete.slots, help="A slot to pin."),
    ] = None,
    auto: Annotated[bool, typer.Option("--auto", help="Follow the branch again.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Pin this worktree to a slot, or follow the branch again.

    Example: wagit use staging
    """
    from wagit.cli import render
    from wagit.operations import hooks
    from wagit.operations import use as operation

    if (slot is None) == (not auto):
        raise UsageError("use takes either a slot or --auto", "see: wagit use --help")
    context = front.context()
    if dry_run:
        wanted = operation.preview(context, slot)
        front.emit({"slot": wanted, "dry_run": True}, lambda _: f"would use slot {wanted}")
        return
    done = operation.unpin(context) if slot is None else operation.pin(context, slot)  # (context)
    front.say((*done.notices, *hooks.keep(context.repo, context.environ)))
    front.emit(done, render.switch if slot is None else render.pinned)


@verb(verbs, "status")
def status(
    front: Front,
    watch: Annotated[bool, typer.Option("--watch", help="Show how its bots stand, and each change.")] = False,
    show_numbers: Numbers = False,
) -> None:
    """Show branch, slot, link, holder, hooks and bot of this worktree.

    Example: wagit status
    """
    from wagit.cli import render, render_status_watch
    from wagit.operations import standings
    from wagit.operations import status as operation

    if watch:
        render_status_watch.show(front, standings.watch(front.context().repo), show_numbers)
    now = operation.status(front.context())
    front.say(now.notices)
    if now.session is not None:
        [row] = render.mask([now.session], show_numbers)
        now = now._replace(session=row)
    now = now._replace(bots=render.mask(now.bots, show_numbers))
    front.emit(now, render.status)


@verb(verbs, "log")
def log(
    front: Front,
    limit: Annotated[int, typer.Option("-n", min=0, metavar="N", help="How many; 0 for all.")] = 20,
    here: Annotated[bool, typer.Option("--here", help="Only this worktree's.")] = False,
) -> None:
    """Show what was done, newest first.

    Example: wagit log -n 5
    """
    from wagit.cli import render
    from wagit.operations import log as operation

    front.emit(operation.log(front.context(), limit, here=here), render.log)
