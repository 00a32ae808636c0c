"""Remove a member: nothing that is pushed from then on is for their key."""

from __future__ import annotations

from wagit.config import edit
from wagit.config.recipients import fingerprint, split
from wagit.core.errors import UsageError
from wagit.operations import team_file
from wagit.operations.context import Context
from wagit.operations.team_add import RECIPIENTS, TeamChanged

UNLINK = "on the phone, Settings, Linked devices: log out the shared device; then link it anew: wagit login"


class NoSuchMember(UsageError):
    """Nobody of that name is in the team."""

    code = "no-such-member"


class LastMember(UsageError):
    """A team without members could read nothing."""

    code = "last-member"


def remove(context: Context, name: str, *, dry_run: bool = False) -> TeamChanged:
    """Take a member out of the list. Raises NoSuchMember, LastMember, NotInThisFile, NotTrusted, OSError."""
    team_file.require_own_file(context)
    trust = team_file.require_agreement(context)
    members = [split(one) for one in context.config.settings.team.recipients]
    index = next((at for at, (_, called) in enumerate(members) if called == name), None)
    if index is None:
        names = ", ".join(called for _, called in members)
        raise NoSuchMember(f"there is no {name[:80]} in the team", f"its members are: {names}")
    if len(members) == 1:
        raise LastMember(f"{name} is the only member", "to share nothing, take `team: true` out of the rules")
    key, _ = members.pop(index)
    done = team_file.Edited(written=False, trusted=False)
    if not dry_run:
        line = f"delete the line of {name} from team.recipients in .wagit.yml"
        done = team_file.edit(
            context, lambda text: edit.without_item(text, RECIPIENTS, index), line, trust=trust
        )
    rest = tuple(called for _, called in members)
    after = _next(name) if done.written or dry_run else ("wagit trust", *_next(name))
    return TeamChanged(
        name, key, fingerprint(key), rest, done.written, done.trusted, done.paste, after, dry_run
    )


def _next(name: str) -> tuple[str, ...]:
    return (
        team_file.COMMIT,
        f"wagit team rotate   # {name} cannot decrypt what is pushed from then on, nor write what counts",
        f"{UNLINK}. Until then {name} can still use the session they have",
    )
