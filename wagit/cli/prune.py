"""The verb `snapshots prune`: let snapshots go by a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wagit.cli.front import Front
from wagit.cli.slot_argument import Slot
from wagit.cli.verbs import DryRun, Yes, verb
from wagit.core.errors import UsageError

if TYPE_CHECKING:
    from wagit.operations.prune import Pruned


verbs = typer.Typer()


def _size(value: str | None) -> str | None:
    from wagit.config.values import size

    if value is None:
        return None
    try:
        return str(size(value))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _keep(what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--keep-{what}", metavar="N", min=0, help=f"Instead of the config's snapshots.keep.{what}."
    )
    return option


@verb(verbs, "prune")
def prune(
    front: Front,
    slot: Slot = None,
    everywhere: Annotated[bool, typer.Option("--all", help="All slots, also those that are gone.")] = False,
    last: Annotated[int | None, _keep("last")] = None,
    daily: Annotated[int | None, _keep("daily")] = None,
    weekly: Annotated[int | None, _keep("weekly")] = None,
    monthly: Annotated[int | None, _keep("monthly")] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="SIZE", callback=_size, help="At most this on the disk.")
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="Free the disk at once: no undo.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Let a slot's snapshots go that no rule keeps. For a day they can be had back: wagit undo.

    Example: wagit snapshots prune dev --keep-last 3 --size 2GB --yes
    """
    from wagit.cli import render_prune
    from wagit.operations import prune as operation

    if everywhere and slot is not None:
        raise UsageError("prune takes either a slot or --all", "see: wagit snapshots prune --help")
    context = front.context()
    stated = {"last": last, "daily": daily, "weekly": weekly, "monthly": monthly, "size": size}
    counts = {name: int(value) for name, value in stated.items() if value is not None}
    policy = operation.policy_of(context)._replace(**counts)

    def run(*, dry_run: bool) -> Pruned:
        return operation.prune(context, slot, policy, everywhere=everywhere, now=now, dry_run=dry_run)

    would = run(dry_run=True) if not (dry_run or yes) else None
    if would is not None and (would.pruned or now):
        front.confirm(render_prune.question(would), yes=yes)
    done = run(dry_run=dry_run)
    front.emit(done, render_prune.pruned)
    front.say(render_prune.damaged(done))
