"""Add a member: their public key and name join the recipients."""

from __future__ import annotations

from typing import NamedTuple

from wagit.config import edit
from wagit.config.recipients import fingerprint, recipient, split
from wagit.core.errors import UsageError
from wagit.operations import team_file
from wagit.operations.context import Context
from wagit.team.public_keys import BadRecipient

RECIPIENTS = ("team", "recipients")


class AlreadyAMember(UsageError):
    """The key, or the name, is in the list."""

    code = "already-a-member"


class TeamChanged(NamedTuple):
    """A member who was added or removed, and who is in the team then.

    Not `written` where the file is such that you have to `paste` it by hand. `trusted`: it is in effect here.
    """

    name: str
    key: str
    fingerprint: str
    members: tuple[str, ...]
    written: bool
    trusted: bool
    paste: str
    next: tuple[str, ...]
    dry_run: bool


def add(context: Context, key: str, name: str | None = None, *, dry_run: bool = False) -> TeamChanged:
    """Add a public key, which may have the name behind it.

    Raises BadRecipient, AlreadyAMember, NotInThisFile, NotTrusted, OSError.
    """
    line = _line(key, name)
    public, called = split(line)
    team_file.require_own_file(context)
    trust = team_file.require_agreement(context)
    before = context.config.settings.team.recipients
    _require_new(before, public, called)
    done = team_file.Edited(written=False, trusted=False)
    if not dry_run:
        paste = f"- {edit.quoted(line)}"
        done = team_file.edit(
            context, lambda text: edit.with_item(text, RECIPIENTS, line), paste, trust=trust
        )
    members = (*(split(one)[1] for one in before), called)
    return TeamChanged(
        called, public, fingerprint(public), members, done.written, done.trusted, done.paste,
        _next(called, trusted=trust, written=done.written or dry_run), dry_run,
    )  # fmt: skip


def _line(key: str, name: str | None) -> str:
    try:
        line = recipient(f"{key} {name}" if name is not None else key)
        if name is not None:  # what a .pub file has behind its key is no name then
            bare = split(line)[0]
            line = recipient(f"{bare} {name}")
    except ValueError as wrong:
        raise BadRecipient(f"the key {wrong}", "wagit team add KEY NAME") from None
    from wagit.team.public_keys import parse

    found = parse(line)
    return f"{found.key} {found.name}"


def _require_new(before: tuple[str, ...], key: str, name: str) -> None:
    for one in before:
        other, called = split(one)
        if other == key:
            raise AlreadyAMember(f"that key is in the team, as {called}", "nothing is to be done")
        if called == name:
            raise AlreadyAMember(
                f"there is a {name} in the team, with another key",
                f"take another name, or first: wagit team remove {name}",
            )


def _next(name: str, *, trusted: bool, written: bool) -> tuple[str, ...]:
    if not trusted:
        return (team_file.COMMIT, "push the branch and ask a member to merge it; then: wagit trust")
    pasted = () if written else ("wagit trust",)
    push = f"wagit team push   # from then on {name} can decrypt; needs the lease"
    return (*pasted, team_file.COMMIT, push)
