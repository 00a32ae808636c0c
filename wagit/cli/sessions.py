"""The verbs `sessions …`: list, show, make, adopt, rename, remove, promote slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, Numbers, Yes, verb

if TYPE_CHECKING:
    from wagit.operations.context import Context

Slot = Annotated[str, typer.Argument(metavar="SLOT", autocompletion=complete.slots, help="A slot.")]
NewSlot = Annotated[str, typer.Argument(metavar="NEW", help="The new slot's name.")]
Driver = Annotated[
    str | None,
    typer.Option("--driver", autocompletion=complete.drivers, metavar="NAME", help="The client library."),
]

verbs = typer.Typer(
    help="The slots: list, show, make, adopt, rename, remove, promote.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@verb(verbs, "ls")
def ls(front: Front, show_numbers: Numbers = False) -> None:
    """List the slots: account, state, age, size, branches, holder.

    Example: wagit sessions ls --show-numbers
    """
    from wagit.cli import render, render_sessions
    from wagit.operations import origins, sessions_ls

    context = front.context()
    front.say(origins.forsaken(context))
    front.emit(render.mask(sessions_ls.ls(context), show_numbers), render_sessions.sessions)


@verb(verbs, "show")
def show(front: Front, slot: Slot, show_numbers: Numbers = False) -> None:
    """Show all that is known of a slot.

    Example: wagit sessions show dev
    """
    from wagit.cli import render, render_sessions
    from wagit.operations import sessions_ls

    detail = sessions_ls.show(front.context(), slot)
    [row] = render.mask([detail.session], show_numbers)
    front.emit(detail._replace(session=row), render_sessions.detail)


@verb(verbs, "new")
def new(front: Front, slot: NewSlot, driver: Driver = None, dry_run: DryRun = False) -> None:
    """Make an empty slot.

    Example: wagit sessions new staging
    """
    from wagit.operations import sessions

    chosen = sessions.new(front.context(), slot, driver, dry_run=dry_run)
    data = {"slot": slot, "driver": chosen, "dry_run": dry_run}
    front.emit(data, _said(f"make slot {slot} for {chosen}", f"slot {slot} is there, empty"))


@verb(verbs, "adopt")
def adopt(
    front: Front,
    slot: NewSlot,
    source: Annotated[str, typer.Argument(metavar="PATH", help="The session directory or file.")],
    driver: Driver = None,
    dry_run: DryRun = False,
) -> None:
    """Move an existing session into a slot; nothing is copied.

    Example: wagit sessions adopt dev .wwebjs_auth
    """
    from wagit.operations import adopt as operation

    context = front.context()
    with front.progress(f"snapshotting {slot}") as progress:
        place = operation.adopt(context, slot, source, driver, dry_run=dry_run, progress=progress)
    _follow(front, context, "sessions adopt", dry_run)
    data = {"slot": slot, "data": place, "dry_run": dry_run}
    front.emit(data, _said(f"move {source} into slot {slot}", f"{source} is now slot {slot}"))


@verb(verbs, "rename")
def rename(front: Front, slot: Slot, new_name: NewSlot, dry_run: DryRun = False) -> None:
    """Rename a slot that no bot holds.

    Example: wagit sessions rename dev develop
    """
    from wagit.operations import sessions

    context = front.context()
    front.say(sessions.rename(context, slot, new_name, dry_run=dry_run))
    _follow(front, context, "sessions rename", dry_run)
    data = {"from": slot, "to": new_name, "dry_run": dry_run}
    front.emit(data, _said(f"rename slot {slot} to {new_name}", f"slot {slot} is now {new_name}"))


@verb(verbs, "rm")
def rm(front: Front, slot: Slot, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Set a slot aside in quarantine; nothing is deleted.

    Example: wagit sessions rm feature-42 --yes
    """
    from wagit.operations import sessions

    context = front.context()
    if not dry_run:
        front.confirm(f"Set slot {slot} aside? Its branches will need a QR scan.", yes=yes)
    with front.progress(f"snapshotting {slot}") as progress:
        place = sessions.remove(context, slot, dry_run=dry_run, progress=progress)
    _follow(front, context, "sessions rm", dry_run)
    data = {"slot": slot, "quarantine": place, "dry_run": dry_run}
    front.emit(data, _said(f"set slot {slot} aside in {place}", f"slot {slot} is set aside in {place}"))


@verb(verbs, "promote")
def promote(
    front: Front,
    slot: Annotated[
        str | None,
        typer.Argument(metavar="SLOT", autocompletion=complete.slots, help="A slot; default: this branch's."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="SLOT",
            autocompletion=complete.slots,
            help="Where to; default: where it came from.",
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Give a slot's session back to the slot it came from. What that one has is set aside.

    Example: wagit sessions promote feature-42
    """
    from wagit.cli import render_sessions
    from wagit.operations import promote as operation

    context = front.context()
    with front.progress("snapshotting") as progress:
        done = operation.promote(context, slot, to, progress=progress, dry_run=dry_run)
    front.say(done.notices)
    _follow(front, context, "sessions promote", dry_run)
    front.emit(done, render_sessions.promoted)


def _said(would: str, did: str) -> Callable[[dict[str, Any]], str]:
    """Word the outcome, in the conditional for a dry run."""
    return lambda data: f"would {would}" if data["dry_run"] else did


def _follow(front: Front, context: Context, cause: str, dry_run: bool) -> None:
    """Slots have changed: this worktree's link may have to."""
    from wagit.operations import use

    if not dry_run:
        front.say(use.try_follow(context, cause))
