"""Verbs that set wagit up and prove it right: init, trust, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, Yes, verb

Driver = Annotated[str | None, typer.Option("--driver", metavar="NAME", help="Choose the driver yourself.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to `app`."""

    @verb(app, "init")
    def init(front: Front, driver: Driver = None, dry_run: DryRun = False) -> None:
        """Set up this repository: adopt the session, write .wagit.yml, install hooks.

        Example: wagit init --dry-run
        """
        from wagit.cli import render
        from wagit.operations import init as operation

        done = operation.init(front.context(set_up=False), driver, dry_run=dry_run)
        front.emit(done, render.setup)

    @verb(app, "trust")
    def trust(front: Front, yes: Yes = False, dry_run: DryRun = False) -> None:
        """Show what this repository's config wants to run, and allow it.

        Example: wagit trust
        """
        from wagit.cli import render
        from wagit.operations import trust as operation

        context = front.context()
        asked = operation.state(context)
        if asked.subset and not asked.trusted and not dry_run:
            front.say(render.trust_lines(asked))
            front.confirm("Allow this?", yes=yes)
            asked = operation.allow(context)
        front.emit(asked, render.trust)

    @verb(app, "doctor")
    def doctor(front: Front) -> None:
        """Check git, hooks, config, trust, locks, browser, driver, disk and permissions.

        Example: wagit doctor --json
        """
        from wagit.cli import render
        from wagit.operations import doctor as operation

        report = operation.doctor(front.directory)
        front.emit(report, render.doctor)
        front.exit(0 if report.healthy else 1)
