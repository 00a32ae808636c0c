"""The verb `guard`: no session and no key is ever committed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from wagit.cli.front import Front
from wagit.cli.verbs import verb

if TYPE_CHECKING:
    from wagit.operations.guard import Guarded

SHOWN = 30  # files; a whole profile has hundreds

verbs = typer.Typer()


@verb(verbs, "guard")
def guard(
    front: Front,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Files to look at; default: what is staged."),
    ] = None,
    push: Annotated[
        bool,
        typer.Option("--push", help="Look at what is pushed: a pre-push hook with its arguments and input."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail also when it could not look at all: for CI.")
    ] = False,
) -> None:
    """Let no session, profile or key into git: what is staged, or pushed. The exit status is 1 for a leak.

    Example: wagit guard
    """
    from wagit.operations import guard as operation

    def look() -> Guarded:
        return _look(front, files or [], push)

    found = look() if strict else operation.open_on_failure(look)
    front.say(found.notices)
    front.emit(found, _lines)
    front.exit(1 if found.leaks else 0)


def _look(front: Front, files: list[str], push: bool) -> Guarded:
    from wagit.operations import guard, guard_push

    directory, of_hook = front.directory, front.shared.directory is None
    pushed = guard_push.push_of_pre_commit(os.environ)
    if push and pushed is None:
        told = files[0] if files else None
        pushed = guard_push.EVERYTHING if sys.stdin.isatty() else guard_push.push_of(sys.stdin, told)
    if pushed is not None:
        return guard.in_push(directory, os.environ, pushed, of_hook=of_hook)
    if files:
        return guard.in_files(directory, os.environ, files)
    return guard.in_index(directory, os.environ, of_hook=of_hook)


def _lines(found: Guarded) -> str:
    from wagit.operations.guard import in_shell

    lines = [f"{in_shell(one.path)}: {one.what}: {one.do}" for one in found.leaks[:SHOWN]]
    if len(found.leaks) > SHOWN:
        lines.append(f"and {len(found.leaks) - SHOWN} more: wagit guard --json")
    return "\n".join(lines)
