"""The program: the entry point of `wagit` and `git-wagit`."""

from __future__ import annotations

import gc
import os
import sys

from wagit.cli.catch import COMPLETE, silence


def main() -> None:
    """Run the command line; every way out is a documented exit status."""
    if os.environ.get(COMPLETE):
        from wagit.cli import app

        app.complete()
    gc.set_threshold(100_000)  # what loading modules makes stays: looking for garbage in it costs 5 %
    status = run(sys.argv[1:])
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        silence()
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    if "snapshot" in arguments:
        from wagit.cli import quick

        status = quick.run(arguments)
        if status is not None:
            return status
    from wagit.cli import app

    return app.run(arguments)
