"""The verbs `hooks …`: install, uninstall, status."""

from __future__ import annotations

import typer

from wagit.cli.front import Front
from wagit.cli.verbs import DryRun, verb

verbs = typer.Typer(
    help="The git hooks: install, uninstall, prove that they fire.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@verb(verbs, "install")
def install(front: Front, dry_run: DryRun = False) -> None:
    """Install the hooks beside whatever is there.

    Example: wagit hooks install --dry-run
    """
    import os

    from wagit.cli import render
    from wagit.operations import hooks

    front.emit(hooks.install(front.context().repo, os.environ, dry_run=dry_run), render.changes)


@verb(verbs, "uninstall")
def uninstall(front: Front, dry_run: DryRun = False) -> None:
    """Remove the hooks; every other file stays as it was.

    Example: wagit hooks uninstall
    """
    import os

    from wagit.cli import render
    from wagit.operations import hooks

    context = front.context(set_up=False)
    changes = hooks.uninstall(context.repo, os.environ, dry_run=dry_run)
    front.emit(changes, render.changes)
    if changes and not dry_run:
        front.say((f"the sessions stay in {context.store.slots()}, and so does the link to one",))


@verb(verbs, "status")
def status(front: Front) -> None:
    """Fire each hook through git and say whether ours answered.

    Example: wagit hooks status
    """
    import os

    from wagit.cli import render
    from wagit.operations import hooks

    found = hooks.status(front.context(set_up=False).repo, os.environ)
    front.emit(found, render.hooks)
    front.exit(0 if all(event.fires for event in found) else 1)
