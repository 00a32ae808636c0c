"""The verb `export`: the bot as a service."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, verb

verbs = typer.Typer()


def _kinds(incomplete: str) -> list[str]:
    return [kind for kind in ("pm2", "systemd", "compose", "procfile") if kind.startswith(incomplete)]


@verb(verbs, "export")
def export(
    front: Front,
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", autocompletion=_kinds, help="pm2, systemd, compose or procfile."),
    ],
    everywhere: Annotated[bool, typer.Option("--all", help="Run the bots of all linked slots.")] = False,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the service; default: the worktree's.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="Write a file, of systemd into a directory."),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Print a service file that runs the bot. For PM2, systemd, Docker Compose or a Procfile.

    Example: wagit export pm2 --all --output ecosystem.config.cjs
    """
    from wagit.cli import render_export
    from wagit.operations import export as operation

    wish = operation.Wish(kind, everywhere, name, output, dry_run)
    done = operation.export(front.context(), wish)
    front.say(render_export.next_steps(done))
    front.emit(done, render_export.exported)
