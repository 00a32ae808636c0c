"""The verbs `sessions …`: list, show, make, adopt, rename, remove slots."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, Yes, verb

Slot = Annotated[str, typer.Argument(autocompletion=complete.slots, help="A slot.")]
NewSlot = Annotated[str, typer.Argument(metavar="NEW", help="The new slot's name.")]
Driver = Annotated[
    str | None,
    typer.Option("--driver", autocompletion=complete.drivers, metavar="NAME", help="The client library."),
]
Numbers = Annotated[bool, typer.Option("--show-numbers", help="Show account numbers in full.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to `app`."""
    group = typer.Typer(
        help="The slots: list, show, make, adopt, rename, remove.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    app.add_typer(group, name="sessions")

    @verb(group, "ls")
    def ls(front: Front, show_numbers: Numbers = False) -> None:
        """List the slots: account, state, age, size, branches, holder.

        Example: wagit sessions ls --show-numbers
        """
        from wagit.cli import render
        from wagit.operations import sessions

        front.emit(render.mask(sessions.ls(front.context()), show_numbers), render.sessions)

    @verb(group, "show")
    def show(front: Front, slot: Slot, show_numbers: Numbers = False) -> None:
        """Show all that is known of a slot.

        Example: wagit sessions show dev
        """
        from wagit.cli import render
        from wagit.operations import sessions

        detail = sessions.show(front.context(), slot)
        [row] = render.mask([detail.session], show_numbers)
        front.emit(detail._replace(session=row), render.detail)

    @verb(group, "new")
    def new(front: Front, slot: NewSlot, driver: Driver = None) -> None:
        """Make an empty slot.

        Example: wagit sessions new staging
        """
        from wagit.operations import sessions

        front.emit(
            sessions.new(front.context(), slot, driver), lambda row: f"slot {row.slot} is there, empty"
        )

    @verb(group, "adopt")
    def adopt(
        front: Front,
        slot: NewSlot,
        source: Annotated[str, typer.Argument(metavar="PATH", help="The session directory or file.")],
        driver: Driver = None,
    ) -> None:
        """Move an existing session into a slot, within the file system, never copied.

        Example: wagit sessions adopt dev .wwebjs_auth
        """
        from wagit.operations import adopt as operation
        from wagit.operations import use

        context = front.context()
        data = operation.adopt(context, slot, source, driver)
        front.say(use.try_follow(context, "sessions adopt"))
        front.emit({"slot": slot, "data": data}, lambda done: f"{source} is now slot {done['slot']}")

    @verb(group, "rename")
    def rename(front: Front, slot: Slot, new_name: NewSlot) -> None:
        """Rename a slot that no bot holds.

        Example: wagit sessions rename dev develop
        """
        from wagit.operations import sessions, use

        context = front.context()
        front.say(sessions.rename(context, slot, new_name))
        front.say(use.try_follow(context, "sessions rename"))
        front.emit({"from": slot, "to": new_name}, lambda done: f"slot {done['from']} is now {done['to']}")

    @verb(group, "rm")
    def rm(front: Front, slot: Slot, yes: Yes = False, dry_run: DryRun = False) -> None:
        """Set a slot aside in quarantine; nothing is deleted.

        Example: wagit sessions rm feature-42 --yes
        """
        from wagit.operations import sessions, use

        context = front.context()
        if dry_run:
            sessions.one(context, slot)
            front.emit(
                {"slot": slot, "quarantine": None}, lambda _: f"would set slot {slot} aside in quarantine"
            )
            return
        front.confirm(f"Set slot {slot} aside? Its branches will need a QR scan.", yes=yes)
        place = sessions.remove(context, slot)
        front.say(use.try_follow(context, "sessions rm"))
        front.emit(
            {"slot": slot, "quarantine": place},
            lambda done: f"slot {slot} is set aside in {done['quarantine']}",
        )
