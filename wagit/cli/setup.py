"""Verbs that set wagit up and prove it right: init, trust, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, Yes, verb

Driver = Annotated[str | None, typer.Option("--driver", metavar="NAME", help="Choose the driver yourself.")]

verbs = typer.Typer()


@verb(verbs, "init")
def init(front: Front, driver: Driver = None, dry_run: DryRun = False) -> None:
    """Set up this repository: session, config, hooks. A second time changes nothing.

    Example: wagit init --dry-run
    """
    from wagit.cli import render
    from wagit.operations import init as operation

    done = operation.init(front.context(set_up=False), driver, dry_run=dry_run)
    front.emit(done, render.setup)


@verb(verbs, "trust")
def trust(front: Front, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Show what the config wants to run, who joined the team and who left, and allow it.

    Example: wagit trust
    """
    from wagit.cli import render
    from wagit.operations import trust as operation

    context = front.context()
    asked = operation.state(context)
    if not asked.trusted and not dry_run:
        front.say(render.trust_lines(asked))
        front.confirm("Allow this?", yes=yes)
        asked = operation.allow(context)
    front.emit(asked, render.trust)


@verb(verbs, "doctor")
def doctor(front: Front) -> None:
    """Check everything, and say what to do. Git, hooks, config, trust, team, locks, browser, driver, disk.

    Example: wagit doctor --json
    """
    from wagit.cli import render
    from wagit.operations import doctor as operation

    report = operation.doctor(front.directory)
    front.emit(report, render.doctor)
    front.exit(0 if report.healthy else 1)
