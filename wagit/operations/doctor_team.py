"""What `doctor` finds of the team: whether it is allowed, the user's key is in it, and its remote is one."""

from __future__ import annotations

from collections.abc import Iterator

from wagit.operations import team_access, team_trust
from wagit.operations.context import Context
from wagit.operations.doctor_check import Check, guarded
from wagit.operations.trust import NotTrusted


def checks(context: Context) -> Iterator[Check]:
    """One line, where there is a team. Asks neither the network nor for a passphrase."""
    if team_trust.wanted(context.config).id is not None or team_trust.trusted(context.store) is not None:
        yield guarded("team", lambda: _team(context))


def _team(context: Context) -> Check:
    from wagit.team.keys import CannotDecrypt

    try:
        opened = team_access.access(context)
    except (NotTrusted, CannotDecrypt) as error:  # a key behind a passphrase may well be the right one
        return Check("team", "warn", error.message, error.hint)
    size = len(opened.team.recipients)
    return Check(
        "team", "ok", f"you are {opened.me.name}, members: {size}, sessions at {opened.remote.title}"
    )
