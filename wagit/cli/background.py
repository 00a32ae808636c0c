"""Verbs of a bot in the background: up, down, restart, logs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from wagit.cli import complete
from wagit.cli.bot import PASS_ON, Command, EverySlot, Once, QrPath
from wagit.cli.front import Front
from wagit.cli.verbs import Numbers, Yes, verb
from wagit.core.errors import UsageError

if TYPE_CHECKING:
    from wagit.operations.background import Asked
    from wagit.operations.context import Context

State = Annotated[
    str | None,
    typer.Option(
        "--wait", metavar="STATE", autocompletion=complete.bot_states, help="Wait until it is so: ready."
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to wait; 10, or with --wait 60."),
]

verbs = typer.Typer()


@verb(verbs, "up", context_settings=PASS_ON)
def up(
    front: Front,
    command: Command = None,
    once: Once = False,
    every: EverySlot = False,
    qr_file: QrPath = None,
    wait: State = None,
    timeout: Timeout = None,
    show_numbers: Numbers = False,
    yes: Yes = False,
) -> None:
    """Run the bot in the background, as `wagit run` does. It returns as soon as the bot has started.

    Example: wagit up --wait ready
    """
    from wagit.cli import render, render_status
    from wagit.operations import up as operation

    if command and command[0].startswith("-"):
        raise UsageError(f"No such option: {command[0]}", "see: wagit up --help")
    context = front.context()
    options = [*(["--once"] if once else []), *(["--all"] if every else [])]
    options += ["--qr-file", os.path.abspath(qr_file)] if qr_file is not None else []
    asked = _asked(front, context, tuple(command or ()), tuple(options), yes=yes)
    done = operation.up(context, asked, operation.Wait(wait, timeout))
    front.emit(done._replace(bots=render.mask(done.bots, show_numbers)), render_status.up)


@verb(verbs, "down")
def down(
    front: Front,
    every: Annotated[bool, typer.Option("--all", help="Those of every worktree of the repository.")] = False,
    show_numbers: Numbers = False,
) -> None:
    """Stop the bot, wherever it was started, and wait until it has ended. Safely: no login is lost.

    Example: wagit down
    """
    from wagit.cli import render, render_status
    from wagit.operations import down as operation
    from wagit.operations import orphans

    context = front.context()
    done = operation.down(context, all_worktrees=every)
    front.say(orphans.end_here(context))
    masked = [each._replace(bots=render.mask(each.bots, show_numbers)) for each in done]
    front.emit(masked, render_status.down)


@verb(verbs, "restart")
def restart(
    front: Front,
    slot: Annotated[
        str | None,
        typer.Argument(metavar="SLOT", autocompletion=complete.slots, help="A slot; default: all that run."),
    ] = None,
    wait: State = None,
    timeout: Timeout = None,
    show_numbers: Numbers = False,
    yes: Yes = False,
) -> None:
    """Stop the bot safely and start it again. Where none runs it is started in the background.

    Example: wagit restart
    """
    from wagit.cli import render, render_status
    from wagit.operations import restart as operation
    from wagit.operations.up import Wait

    context = front.context()
    done = operation.restart(context, _asked(front, context, (), (), yes=yes), Wait(wait, timeout, slot=slot))
    front.emit(done._replace(bots=render.mask(done.bots, show_numbers)), render_status.restarted)


def _asked(
    front: Front, context: Context, command: tuple[str, ...], options: tuple[str, ...], *, yes: bool
) -> Asked:
    """What to run, once whoever has to be asked said yes; nobody is asked of a run that is on already."""
    from wagit.core import running
    from wagit.operations import run
    from wagit.operations.background import Asked

    questions = run.questions(context) if running.supervisor(context.repo) is None else []
    for question in questions:
        front.confirm(question, yes=yes)
    agreed = ("--yes",) if questions or yes else ()
    return Asked(command, front.directory, (*options, *agreed))


@verb(verbs, "logs")
def logs(
    front: Front,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes.")] = False,
    lines: Annotated[
        int, typer.Option("-n", "--lines", min=0, metavar="N", help="How many lines; 0 for all.")
    ] = 100,
) -> None:
    """Show what a bot in the background wrote. With wagit's notices between.

    Example: wagit logs -f
    """
    from wagit.cli import render_logs
    from wagit.operations import logs as operation

    context = front.context()
    if follow:
        render_logs.stream(front, operation.follow(context, lines))
    else:
        render_logs.stream(front, iter([operation.logs(context, lines)]))
