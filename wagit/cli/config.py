"""The verbs `config …`: show, check, schema."""

from __future__ import annotations

import typer

from wagit.cli.front import Front
from wagit.cli.verbs import verb

verbs = typer.Typer(
    help="The configuration: show, check, schema.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@verb(verbs, "show")
def show(front: Front) -> None:
    """Show every setting and where its value comes from.

    Example: wagit config show
    """
    from wagit.cli import render
    from wagit.operations import config

    context = front.context(set_up=False)
    front.emit(config.show(context.config, context.environ), render.settings)


@verb(verbs, "check")
def check(front: Front) -> None:
    """Check every file, and tell all problems at once.

    Example: wagit config check
    """
    from wagit.cli import render
    from wagit.operations import config

    context = front.context(set_up=False)
    front.emit(config.check(context.config), render.checked)


@verb(verbs, "schema")
def schema(front: Front) -> None:
    """Print the JSON Schema of .wagit.yml, for editors.

    Example: wagit config schema > wagit.schema.json
    """
    import json

    from wagit.operations import config

    front.emit(config.schema(), lambda data: json.dumps(data, indent=2))
