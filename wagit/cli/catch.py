"""The one place that catches errors and turns them into exit statuses. Loads no command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from wagit.cli.front import Front
from wagit.core.errors import FileTrouble, UsageError, WagitError

COMPLETE = "_WAGIT_COMPLETE"


def caught(act: Callable[[], None], front: Callable[[], Front]) -> int:
    """Do `act` and return the exit status that its end has; what it raises is worded by `front`."""
    try:
        act()
    except WagitError as error:
        front().fail(error)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        silence()
        return 1
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    except Exception as error:
        return _usage_or_bug(error, front())
    return 0


def silence() -> None:
    """Nobody reads stdout any more: what Python still has for it goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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


class Bug(WagitError):
    """An exception nobody foresaw."""

    code = "bug"
    exit_status = 3


def _write_log(error: Exception) -> str:
    import time
    import traceback

    from platformdirs import user_log_dir

    directory = user_log_dir("wagit")
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, f"bug-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log")
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{sys.argv!r}\n{''.join(traceback.format_exception(error))}")
    return path
