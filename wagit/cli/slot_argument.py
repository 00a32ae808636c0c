"""The argument SLOT, which verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete

Slot = Annotated[
    str | None,
    typer.Argument(metavar="SLOT", autocompletion=complete.slots, help="A slot; default: this worktree's."),
]
