"""The command line: every verb in its place, behind the options that all of them take."""

from __future__ import annotations

import functools
from typing import Any

import typer

from wagit.cli import (
    background,
    bot,
    config,
    export,
    guard,
    health,
    hooks,
    login,
    prune,
    repair,
    report,
    restore,
    route,
    sessions,
    setup,
    snapshots,
    team,
    team_members,
    undo,
    verify,
)
from wagit.cli.catch import COMPLETE, caught
from wagit.cli.front import Front, Shared
from wagit.cli.verbs import Color, Directory, Json, Quiet, Verbose

app = typer.Typer(
    name="wagit",
    help="Every git branch its own WhatsApp session: switch branches, and your bot follows.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: wagit init. Every verb explains itself: wagit VERB --help.",
)
for module in (setup, route, undo, bot, background, login, health, report, export, guard):
    app.add_typer(module.verbs)
app.add_typer(sessions.verbs, name="sessions")
app.add_typer(snapshots.top)
app.add_typer(restore.verbs)
app.add_typer(repair.verbs)
app.add_typer(verify.verbs)
snapshots.verbs.add_typer(prune.verbs)
app.add_typer(snapshots.verbs, name="snapshots")
team.verbs.add_typer(team_members.verbs)
app.add_typer(team.verbs, name="team")
app.add_typer(hooks.verbs, name="hooks")
app.add_typer(config.verbs, name="config")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"wagit {version('wagit-sessions')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    directory: Directory = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    _: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    context.obj = Shared(directory, json, quiet, verbose, color)


@functools.cache
def _command() -> Any:
    """The command line as Typer builds it: once, as that takes longer than most commands do."""
    return typer.main.get_command(app)


def complete() -> None:
    """Answer a shell that asks what could come next."""
    _command().main(prog_name="wagit", complete_var=COMPLETE)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    front = Front("", Shared(json="--json" in arguments))
    command = _command()

    def act() -> None:
        nonlocal front
        with command.make_context("wagit", list(arguments)) as context:
            try:
                command.invoke(context)
            finally:
                front = context.meta.get("front", front)

    return caught(act, lambda: front)
