"""The team in effect, which slots it shares, and the access that every step on a shared slot begins with."""

from __future__ import annotations

from wagit.core.errors import WagitError
from wagit.operations.context import Context
from wagit.team.access import Access
from wagit.team.keys import Ask
from wagit.team.leases import Leases
from wagit.team.settings import Team


class NoTeam(WagitError):
    """The repository's config names no team."""

    code = "no-team"
    exit_status = 10


class NotAMember(WagitError):
    """None of the user's keys is among the recipients."""

    code = "not-a-member"
    exit_status = 14


def is_shared(context: Context, slot: str) -> bool:
    """Whether the config has the team share the slot. Light: loads nothing of the team."""
    settings = context.config.settings
    return settings.strategy == "team" or any(rule.team and rule.slot == slot for rule in settings.rules)


def team_of(context: Context) -> Team | None:
    """The team in effect: what the user trusted last; None where the config has none. Raises NotTrusted."""
    raise NotImplementedError(context)


def access(context: Context, ask: Ask | None = None) -> Access:
    """The user's access. `ask` asks for a passphrase; None where nobody can be asked.

    Raises NoTeam, NotTrusted, NoKey, CannotDecrypt, NotAMember.
    """
    raise NotImplementedError(context, ask)


def leases(opened: Access) -> Leases:
    """Where the team's leases are given: in the heads, or in Redis."""
    raise NotImplementedError(opened)
