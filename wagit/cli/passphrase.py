"""Asking for a passphrase, on a terminal only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wagit.cli.front import Front
    from wagit.team.keys import Ask


def asker(front: Front) -> Ask | None:
    """What asks the user for a passphrase, unseen; None where nobody can be asked."""
    if front.shared.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(text: str) -> str:
        from getpass import getpass

        return getpass(f"{text}: ", stream=sys.stderr)

    return ask
