"""What is said of a shared slot's lease that nobody was asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagit.cli.render import ago

if TYPE_CHECKING:
    from wagit.operations.team_known import KnownLease


def lease(known: KnownLease) -> str:
    """Who has it: `ada on laptop, as of 5 min ago`."""
    if known.ours:
        return "held here"
    if known.known is None:
        return "not known; see: wagit team ls"
    who = f"{known.by} on {known.host}" if known.by and known.left else "free"
    return f"{who}, as of {ago(known.known)}"
