"""The verb `health`: judge sessions, and say what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli.front import Front
from wagit.cli.slot_argument import Slot
from wagit.cli.verbs import Numbers, verb
from wagit.core.errors import UsageError

verbs = typer.Typer()


@verb(verbs, "health")
def health(
    front: Front,
    slot: Slot = None,
    everywhere: Annotated[bool, typer.Option("--all", help="All slots.")] = False,
    show_numbers: Numbers = False,
) -> None:
    """Judge how fresh and how safe a session is, and say what to do. Exit status 1: something is urgent.

    Example: wagit health --all
    """
    from wagit.cli import render, render_health
    from wagit.operations import health as operation

    if everywhere and slot is not None:
        raise UsageError("health takes either a slot or --all", "see: wagit health --help")
    found = operation.health(front.context(), slot, everywhere=everywhere)
    front.emit(render.mask(found, show_numbers), render_health.health)
    front.exit(1 if operation.needs_action(found) else 0)
