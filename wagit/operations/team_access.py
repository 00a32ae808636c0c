"""The team in effect, which slots it shares, and the access that every step on a shared slot begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagit.core.errors import WagitError
from wagit.operations import team_trust
from wagit.operations.context import Context
from wagit.routing.shares import covers
from wagit.team.settings import Team

if TYPE_CHECKING:
    from wagit.team.access import Access
    from wagit.team.keys import Ask, Keys
    from wagit.team.leases import Leases
    from wagit.team.remote import Remote

NO_TEAM = "the config names no team to share sessions with", "begin one: wagit team init"


class NoTeam(WagitError):
    """The repository's config names no team."""

    code = "no-team"
    exit_status = 10


class NotAMember(WagitError):
    """None of the user's keys is among the recipients."""

    code = "not-a-member"
    exit_status = 14


def is_shared(context: Context, slot: str) -> bool:
    """Whether the team shares the slot: as it was trusted last, else as the config has it.

    Strategy `team` shares nothing as long as no team was begun; a rule with `team: true` wants one at once.

    Light: loads nothing of the team, and reads one small file.
    """
    return covers(team_trust.shared(context), slot)


def team_of(context: Context) -> Team | None:
    """The team in effect: what the user trusted last; None where there is none. Raises NotTrusted."""
    terms = team_trust.effective(context)
    if terms.id is None or not terms.recipients:
        return None
    from wagit.team.public_keys import parse

    return Team(terms.id, terms.remote, tuple(map(parse, terms.recipients)), terms.term, terms.at)


def difference(context: Context) -> str:
    """One line for people when this branch's config names another team than is in effect, else nothing."""
    from wagit.operations import team_words

    return team_words.difference(context)


def access(context: Context, ask: Ask | None = None) -> Access:
    """The user's access. `ask` asks for a passphrase; None where nobody can be asked.

    Raises NoTeam, NotTrusted, NoKey, CannotDecrypt, NotAMember.
    """
    from wagit.team import keys

    team = team_of(context)
    if team is None:
        raise NoTeam(*NO_TEAM)
    return opened(context, team, keys.load(context.environ, ask))


def opened(context: Context, team: Team, found: Keys) -> Access:
    """The access to a team with keys that were read already. Raises NotAMember."""
    from wagit.core.processes import host_name
    from wagit.team import keys
    from wagit.team.access import Access, Member
    from wagit.team.later import Later

    own = keys.own(found, team)
    if own is None:
        names = ", ".join(one.name for one in team.recipients)
        raise NotAMember(
            f"none of your keys is in the team: its members are {names}",
            f'ask one of them to run: wagit team add "{found.public[0]}" NAME; then pull, and wagit trust',
        )
    later = Later(lambda: remote(context, team))
    return Access(team, later, found, Member(own.name, host_name()), context.store)


def remote(context: Context, team: Team) -> Remote:
    """The team's place on its remote. Raises NoSuchRemote, GitFailed, GitMissing."""
    from wagit.team import remotes
    from wagit.team.access import directory

    return remotes.open_remote(team.remote, team, context.repo, context.environ, directory(context.store))


def leases(opened: Access) -> Leases:
    """Where the team's leases are given: in the heads, or in Redis."""
    if opened.team.lease_at is not None:
        from wagit.team.redis_leases import RedisLeases

        return RedisLeases(opened)
    from wagit.team.head_leases import HeadLeases

    return HeadLeases(opened)
