"""Verbs that run something: run, bot, standin, demo."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from wagit.cli.front import Front
from wagit.cli.verbs import Yes, verb
from wagit.core.errors import UsageError

PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}
Command = Annotated[
    list[str] | None, typer.Argument(metavar="[-- CMD...]", help="The command; default: bot.command.")
]
Once = Annotated[bool, typer.Option("--once", help="End when the bot does: it is not started again.")]
EverySlot = Annotated[
    bool, typer.Option("--all", help="Run it once for every linked slot, whatever the branch.")
]
QrPath = Annotated[
    str | None, typer.Option("--qr-file", metavar="PATH", help="Show a QR that waits in a .png or .svg, too.")
]
AtOnce = Annotated[
    int | None,
    typer.Option("--at-once", metavar="N", min=1, help="With --all: how many may start at the same time."),
]

verbs = typer.Typer()


@verb(verbs, "run", context_settings=PASS_ON)
def run(
    front: Front,
    command: Command = None,
    once: Once = False,
    qr: Annotated[
        bool, typer.Option("--qr/--no-qr", help="Draw a QR that waits on the terminal, or do not.")
    ] = True,
    qr_file: QrPath = None,
    every: EverySlot = False,
    starts: AtOnce = None,
    yes: Yes = False,
) -> None:
    """Run the bot on the session of its branch. It follows every git switch.

    Example: wagit run -- node bot.js
    """
    from wagit.browser.qr_file import QrFile
    from wagit.cli import fleet
    from wagit.cli.passphrase import asker
    from wagit.operations import background
    from wagit.operations import run as operation
    from wagit.operations.qr_shown import Showing

    if command and command[0].startswith("-"):
        raise UsageError(f"No such option: {command[0]}", "see: wagit run --help")
    words = tuple(command or ())
    if every or starts is not None:
        fleet.run(front, words, starts, every=every, once=once, yes=yes)
    context = front.context()
    for question in operation.questions(context):
        front.confirm(question, yes=yes)
    showing = Showing(qr, QrFile(qr_file) if qr_file is not None else None)
    with background.screen(context.repo, os.environ) as screen:
        done = operation.run(
            context, words, front.directory, allow_protected=yes, once=once, ask=asker(front),
            showing=showing, screen=screen,
        )  # fmt: skip
    front.exit(done)


@verb(verbs, "bot")
def bot(
    front: Front,
    headless: Annotated[
        bool | None, typer.Option("--headless/--window", help="Show no window, or one.")
    ] = None,
) -> None:
    """Run the built-in bot: it tells the session's state. It follows the branch, too.

    Example: wagit bot --window
    """
    from wagit.cli import render_bot
    from wagit.operations import bot as operation
    from wagit.operations import run as running
    from wagit.operations.qr_shown import VARIABLE

    session = os.environ.get("WAGIT_SESSION_PATH")
    if session is None:  # not yet under `wagit run`, which holds the slot and follows the branch
        front.exit(running.run(front.context(), running.built_in(sys.argv)))
    printer = render_bot.printer(front, draws=os.environ.get(VARIABLE) != "drawn")
    front.exit(operation.run_process(session, os.environ, headless, printer))


@verb(verbs, "standin", context_settings=PASS_ON)
def standin(
    front: Front,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- CMD...]", help="Run CMD against it.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Of the phone's URL; 0 for any.")
    ] = 0,
    state: Annotated[
        str | None, typer.Option("--state", metavar="DIR", help="Keep linked devices in DIR.")
    ] = None,
) -> None:
    """Play WhatsApp Web offline on loopback, for tests.

    Example: wagit standin -- npm test
    """
    from wagit.cli import render_bot
    from wagit.operations import standin as operation

    front.exit(operation.serve(state, port, tuple(command or ()), render_bot.announce(front)))


@verb(verbs, "demo")
def demo(
    front: Front,
    with_bot: Annotated[
        str | None,
        typer.Option("--bot", metavar="DIR", help="Use DIR/bot.js instead of the built-in bot."),
    ] = None,
) -> None:
    """Show the main job for real, and leave nothing behind. In a throw-away repository.

    Example: wagit demo
    """
    from wagit.cli import render_bot
    from wagit.operations import demo as operation

    scenes = [render_bot.scene(front, scene) for scene in operation.demo(with_bot, os.environ)]
    if front.shared.json:
        front.emit(scenes, str)
