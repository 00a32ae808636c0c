"""Begin a team, or get ready to join one: the user's key, the team's secret, and the `team` section."""

from __future__ import annotations

import os
import secrets
import shlex
from typing import NamedTuple

from wagit.config import edit
from wagit.config.digest import PROJECT
from wagit.config.recipients import fingerprint, recipient, split
from wagit.config.team_layers import has_password
from wagit.core.errors import UsageError
from wagit.core.git import GitFailed, run_git
from wagit.core.store import create
from wagit.operations import team_access, team_file
from wagit.operations.context import Context
from wagit.operations.team_file import NotInThisFile
from wagit.operations.team_words import without_password
from wagit.team.access import digest, remember
from wagit.team.keys import Ask
from wagit.team.settings import Team

SECRET = 32  # bytes


class NoPassphrase(UsageError):
    """A passphrase was wanted, and none was given twice alike."""

    code = "no-passphrase"


class TeamBegun(NamedTuple):
    """The user's own key, and the team.

    `line` is what others add them by, `made` whether the key is new. `begun` is whether the team is; `team`
    is its id, `remote` where its sessions lie. `paste` is what to write into `.wagit.yml` where that could
    not be changed.
    """

    name: str
    line: str
    fingerprint: str
    key_file: str
    made: bool
    begun: bool
    team: str | None
    remote: str | None
    paste: str
    next: tuple[str, ...]
    dry_run: bool


class Key(NamedTuple):
    """The user's own: its public text, None for one that a dry run did not make."""

    public: str | None
    path: str
    made: bool


class Wish(NamedTuple):
    """What the user says: what the others call them, which kind of key, and where sessions lie."""

    name: str | None = None
    ssh: bool = False
    passphrase: bool = False
    remote: str | None = None


def init(context: Context, wish: Wish, *, ask: Ask | None = None, dry_run: bool = False) -> TeamBegun:
    """Make or find the user's key; where there is no team, begin one with them as its only member.

    Raises NoKey, CannotDecrypt, NoPassphrase, NotInThisFile, NotTrusted, ConfigProblems, BadRecipient,
    NoConditionalWrites, RemoteUnreachable, RemoteRefused, OSError.
    """
    if wish.remote is not None and has_password(wish.remote):
        raise UsageError(
            f"--remote has a password, which {PROJECT} would tell to all",
            "leave it out and have git ask a credential helper; or set WAGIT_TEAM_REMOTE",
        )
    name = _name(context, wish.name)
    there = context.config.settings.team.id is not None or bool(context.config.settings.team.recipients)
    if not there and context.config.project not in (None, PROJECT):
        raise NotInThisFile(
            f"this branch has no {PROJECT}: {context.config.project} is used here",
            "switch to a branch that has one, and begin the team there",
        )
    key = _key(context, wish, ask, dry_run=dry_run)
    if there or key.public is None:
        return _told(context, name, key, begun=not there, paste="", dry_run=dry_run)
    return _begin(context, name, key, wish.remote, dry_run=dry_run)


def _begin(context: Context, name: str, key: Key, remote: str | None, *, dry_run: bool) -> TeamBegun:
    """Prove the remote before anything is written, and keep the secret before anybody can need it."""
    assert key.public is not None
    from wagit.team.public_keys import parse

    secret = secrets.token_hex(SECRET)
    wanted = remote or context.config.settings.team.remote
    shown, line = without_password(wanted), f"{key.public} {name}"
    team = Team(digest(secret), wanted, (parse(line),))
    place = team_access.remote(context, team)
    values: dict[str, str | tuple[str, ...]] = {"id": team.secret_digest}
    if remote is not None:
        values["remote"] = remote
    values["recipients"] = (line,)
    if dry_run:  # its secret is forgotten, so nobody may write its id down
        return _told(context, name, key, begun=True, paste="", dry_run=True)._replace(remote=shown)
    place.prove()
    create(context.store.root)
    remember(context.store, secret)
    section = "\n".join(("team:", *edit.block(values, 2)))
    done = team_file.edit(context, lambda text: edit.with_section(text, "team", values), section, trust=True)
    begun = _told(context, name, key, begun=True, paste=done.paste, dry_run=False)
    return begun._replace(team=team.secret_digest, remote=shown)


def _key(context: Context, wish: Wish, ask: Ask | None, *, dry_run: bool) -> Key:
    """The key that there is, else a new one. Raises NoKey, CannotDecrypt, NoPassphrase, OSError."""
    from wagit.team import keys

    if wish.ssh:
        path = os.path.join(context.environ.get("HOME", ""), ".ssh", "id_ed25519")
        return Key(keys.read(path, ask).public[0], path, made=False)
    found = keys.place(context.environ)
    if found is None:
        raise keys.NoKey("there is no home directory for a key", f"name a file: {keys.VARIABLE}=/a/path")
    if os.path.lexists(found):
        return Key(keys.read(found, ask).public[0], found, made=False)
    if dry_run:
        return Key(None, found, made=True)
    chosen = _passphrase(found, ask) if wish.passphrase else None
    return Key(keys.create(found, chosen), found, made=True)


def _passphrase(path: str, ask: Ask | None) -> str:
    if ask is None:
        raise NoPassphrase("there is no terminal to ask for a passphrase on", "run it in a terminal")
    first = ask(f"New passphrase of {path}")
    if not first or ask("The same again") != first:
        raise NoPassphrase("the passphrase is empty, or was not the same twice", "run it again")
    return first


def _name(context: Context, name: str | None) -> str:
    """How the others know the user: what they say, else git's user.name."""
    if name is None:
        try:
            name = run_git("config", "user.name", cwd=context.repo.worktree, environ=context.environ)
        except GitFailed:
            name = ""
        if not name.strip():
            raise UsageError("git has no user.name that the others would know you by", "say it: --name NAME")
    return name.strip()


def _told(context: Context, name: str, key: Key, *, begun: bool, paste: str, dry_run: bool) -> TeamBegun:
    """What was done, and what is next."""
    line = f"{key.public or 'age1…'} {name}"
    if key.public is not None:
        line = _checked(line)
    team = context.config.settings.team
    member = any(split(one)[0] == key.public for one in team.recipients)
    if begun:
        after: tuple[str, ...] = (
            "give the rules of the slots to share `team: true`",
            team_file.COMMIT,
            "wagit trust   # what is shared",
            "wagit team push",
        )
    elif member:
        after = ("wagit trust", "wagit run")
    else:
        after = (
            f"ask a member to run: wagit team add {shlex.quote(line)}",
            "then: git pull && wagit trust && wagit run",
        )
    return TeamBegun(
        name, line, fingerprint(key.public) if key.public else "", key.path, key.made, begun,
        team.id, without_password(team.remote) if team.id else None, paste, after, dry_run,
    )  # fmt: skip


def _checked(line: str) -> str:
    from wagit.team.public_keys import BadRecipient

    try:
        return recipient(line)
    except ValueError as wrong:
        raise BadRecipient(f"your key {wrong}", "take an age key: wagit team init without --ssh") from None
