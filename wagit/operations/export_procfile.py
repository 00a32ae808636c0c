"""A Procfile, for foreman, honcho, overmind and the like."""

from __future__ import annotations

import shlex

from wagit.operations.export_service import ExportedFile, Service, header

NAME = "Procfile"


def files(service: Service) -> tuple[ExportedFile, ...]:
    """The one file, of one process; `exec` so that the shell in between does not keep signals to itself."""
    command = shlex.join((*service.program, "-C", service.worktree, *service.arguments))
    return (ExportedFile(NAME, f"# {header('procfile', service)}\nbot: exec {command}\n"),)


def steps(service: Service, output: str | None) -> tuple[str, ...]:
    """What makes a service of it: with more time for the stop than these programs give by themselves."""
    return (f"foreman start -f {shlex.quote(output or NAME)} -t {service.stop}",)
