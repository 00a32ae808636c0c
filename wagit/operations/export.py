"""Write a bot's service down for whoever runs services: PM2, systemd, Docker Compose, a Procfile."""

from __future__ import annotations

import math
import os
import re
import shlex
from typing import NamedTuple

from wagit.bots import ladder
from wagit.browser import stop
from wagit.config.problems import near
from wagit.core.atomic import atomic_write
from wagit.core.errors import UsageError, WagitError
from wagit.operations import export_compose, export_pm2, export_procfile, export_systemd, notifying
from wagit.operations.context import Context
from wagit.operations.export_service import ExportedFile, Service, header, program

KINDS = {
    "pm2": export_pm2,
    "systemd": export_systemd,
    "compose": export_compose,
    "procfile": export_procfile,
}
SNAPSHOT = 30.0  # seconds for the snapshots of a run that ends
MODE = 0o644  # no secret is in them
_STRANGE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")  # ends of lines, and what is no text


class CannotExport(WagitError):
    """A service cannot be written down, or not there."""

    code = "cannot-export"


class Exported(NamedTuple):
    """What was written, or would be. `next` is what makes a service of it, a command each."""

    kind: str
    name: str
    files: tuple[ExportedFile, ...]
    next: tuple[str, ...]
    written: bool


class Wish(NamedTuple):
    """What is asked for: of which kind, for all slots or the branch's, under which name, and where.

    `output` is a file, of systemd a directory; None writes nothing.
    """

    kind: str
    everywhere: bool = False
    name: str | None = None
    output: str | None = None
    dry_run: bool = False


def export(context: Context, wish: Wish) -> Exported:
    """Make the files of a service that runs this worktree's bots, and write them where `wish` says.

    A file that is there is only replaced if it was exported for this worktree. Raises UsageError,
    CannotExport, OSError.
    """
    kind = KINDS.get(wish.kind)
    if kind is None:
        raise UsageError(
            f"{wish.kind!r} is not one of {', '.join(KINDS)}{near(wish.kind, list(KINDS))}",
            "see: wagit export --help",
        )
    made = service(context, wish)
    files = kind.files(made)
    if wish.output is None:
        steps = (_written(wish, files[0].name), *kind.steps(made, None))
        return Exported(wish.kind, made.name, files, steps, False)
    files = _placed(files, os.path.abspath(wish.output), several=wish.kind == "systemd")
    _refuse_others(files, header(wish.kind, made))
    if not wish.dry_run:
        for file in files:
            assert file.path is not None
            os.makedirs(os.path.dirname(file.path), exist_ok=True)
            atomic_write(file.path, file.text.encode(), MODE)
    return Exported(
        wish.kind, made.name, files, kind.steps(made, os.path.abspath(wish.output)), not wish.dry_run
    )


def _written(wish: Wish, name: str) -> str:
    """The command that writes what is only shown: it is all of it again, with a place."""
    options = [*(["--all"] if wish.everywhere else []), *(["--name", wish.name] if wish.name else [])]
    place = export_systemd.PLACE if wish.kind == "systemd" else name
    return f"{shlex.join(['wagit', 'export', wish.kind, *options])} --output {place}"


def service(context: Context, wish: Wish) -> Service:
    """What is to be run, and how it is stopped. Raises UsageError, CannotExport."""
    repo = context.repo
    paths = (repo.worktree, repo.common_dir, context.store.root, *program())
    strange = next((path for path in paths if _STRANGE.search(path)), None)
    if strange is not None:
        raise CannotExport(
            f"the path {strange!a} has characters that service files cannot carry",
            "move it to a path of ordinary characters",
        )
    return Service(
        name=_name(wish.name, repo.worktree),
        program=program(),
        arguments=("run", "--all") if wish.everywhere else ("run",),
        worktree=repo.worktree,
        directories=tuple(dict.fromkeys((repo.common_dir, context.store.root))),
        path=context.environ.get("PATH", os.defpath),
        stop=stop_timeout(context.config.settings.bot.stop.grace),
    )


def stop_timeout(grace: float) -> int:
    """Seconds within which a run has ended that was asked to: every rung of the safe stop, and what follows.

    Whoever kills it earlier leaves a bot behind that holds its slot, or a torn session.
    """
    closing = 2 * (stop.GRACE + ladder.DEAD_WITHIN)
    ending = grace + ladder.DEAD_WITHIN + ladder.LINGER + ladder.STRAYS_GRACE + ladder.DEAD_WITHIN
    return math.ceil(closing + ending + SNAPSHOT + notifying.LAST)


def _name(wanted: str | None, worktree: str) -> str:
    if wanted is None:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", os.path.basename(worktree)).strip("-")
        return f"wagit-{plain or 'bot'}"[:60].lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", wanted):
        raise UsageError(
            f"{wanted[:80]!r} cannot be a service's name", "use a-z, 0-9, '_' and '-', at most 60 of them"
        )
    return wanted


def _placed(files: tuple[ExportedFile, ...], output: str, *, several: bool) -> tuple[ExportedFile, ...]:
    """Where each file goes. Raises UsageError."""
    if several:
        if os.path.exists(output) and not os.path.isdir(output):
            raise UsageError(f"{output} is no directory", "systemd has several files: name a directory")
        return tuple(file._replace(path=os.path.join(output, file.name)) for file in files)
    if os.path.isdir(output):
        raise UsageError(f"{output} is a directory", f"name a file: {os.path.join(output, files[0].name)}")
    if files[0].name.endswith(".cjs") and not output.endswith(".config.cjs"):
        raise UsageError(f"{output} is no name that PM2 takes", "let it end in .config.cjs")
    return tuple(file._replace(path=output) for file in files)


def _refuse_others(files: tuple[ExportedFile, ...], ours: str) -> None:
    for file in files:
        assert file.path is not None
        try:
            with open(file.path, encoding="utf-8", errors="replace") as there:
                first = there.readline()
        except FileNotFoundError:
            continue
        if ours not in first:
            raise CannotExport(
                f"{file.path} is there, and was not exported for this worktree",
                "move it away, or choose another place or another --name",
            )
