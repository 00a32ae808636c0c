"""The program: the one place that catches errors and turns them into exit statuses."""

from __future__ import annotations

import errno
import gc
import os
import sys
import time
import traceback

import typer

from wagit.cli import bot, config, hooks, route, sessions, setup
from wagit.cli.front import Front, Shared
from wagit.cli.verbs import Color, Directory, Json, Quiet, Verbose
from wagit.core.errors import UsageError, WagitError

COMPLETE = "_WAGIT_COMPLETE"
app = typer.Typer(
    name="wagit",
    help="Every git branch its own WhatsApp session: switch branches, and your bot follows.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: wagit init. Every verb explains itself: wagit VERB --help.",
)
for module in (setup, route, bot):
    app.add_typer(module.verbs)
app.add_typer(sessions.verbs, name="sessions")
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


def main() -> None:
    """Run the command line; every way out is a documented exit status."""
    if os.environ.get(COMPLETE):  # a shell asks what could come next
        typer.main.get_command(app).main(prog_name="wagit", complete_var=COMPLETE)
    gc.set_threshold(100_000)  # what loading modules makes stays: looking for garbage in it costs 5 %
    status = run(sys.argv[1:])
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        _silence()
    sys.exit(status)


def _silence() -> None:
    """Nobody reads stdout any more: what Python still has for it goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    front = Front("", Shared(json="--json" in arguments))
    command = typer.main.get_command(app)
    try:
        with command.make_context("wagit", list(arguments)) as context:
            try:
                command.invoke(context)
            finally:
                front = context.meta.get("front", front)
    except WagitError as error:
        front.fail(error)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _silence()
        return 1
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    except Exception as error:
        return _usage_or_bug(error, front)
    return 0


def _usage_or_bug(error: Exception, front: Front) -> int:
    """Word what is no WagitError: Typer's exceptions know their status; files that refuse; else a bug."""
    if hasattr(error, "exit_code") and not hasattr(error, "format_message"):
        return int(error.exit_code)  # typer.Exit, typer.Abort
    if type(error).__name__ == "NoArgsIsHelpError":  # Typer keeps its class to itself
        print(error.format_message(), file=sys.stderr)  # type: ignore[attr-defined]
        return 2
    if hasattr(error, "format_message"):
        context = getattr(error, "ctx", None)
        front.command = context.command_path.partition(" ")[2] if context else ""
        hint = f"see: {context.command_path} --help" if context else "see: wagit --help"
        front.fail(UsageError(error.format_message().rstrip("."), hint))
        return 2
    if isinstance(error, OSError):
        front.fail(FileTrouble.of(error))
        return FileTrouble.exit_status
    path = _write_log(error)
    front.fail(Bug(f"wagit has a bug: {type(error).__name__}: {error}", f"report it with {path}"))
    return Bug.exit_status


class FileTrouble(WagitError):
    """The operating system refused to read or write something."""

    code = "file-trouble"

    @classmethod
    def of(cls, error: OSError) -> FileTrouble:
        """Say which file, why, and what to do about it."""
        place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        hint = _HINTS.get(error.errno or 0, "look at that place and what is there, then run it again")
        return cls(f"{place}{error.strerror or error}", hint)


_UNWRITABLE = "make it and its directory writable for you, then run it again"
_HINTS = {
    errno.EACCES: _UNWRITABLE,
    errno.EPERM: _UNWRITABLE,
    errno.EROFS: "the file system is mounted read-only: mount it writable, or set `store:` to another place",
    errno.ENOSPC: "the disk is full: make room, then run it again",
    errno.EDQUOT: "your quota is used up: make room, then run it again",
}


class Bug(WagitError):
    """An exception nobody foresaw."""

    code = "bug"
    exit_status = 3


def _write_log(error: Exception) -> str:
    from platformdirs import user_log_dir

    directory = user_log_dir("wagit")
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, f"bug-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log")
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{sys.argv!r}\n{''.join(traceback.format_exception(error))}")
    return path
