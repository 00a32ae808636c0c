"""What every step of sharing needs: the team, its remote, one's own key, and the heads read and written."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, NamedTuple

from wagit.core.atomic import atomic_write, make_directory
from wagit.core.errors import WagitError
from wagit.core.locks import HeldLock, acquire
from wagit.core.store import Store
from wagit.team.head import Head
from wagit.team.remote import Remote
from wagit.team.settings import Team

if TYPE_CHECKING:
    from wagit.team.keys import Keys

WAIT = 10.0  # seconds for another process that changes the same file, which takes milliseconds


class SecretUnknown(WagitError):
    """Nothing is shared yet, and who began the team has to be the first."""

    code = "team-secret-unknown"


class Member(NamedTuple):
    """Who acts: the name that the recipients' list has for the own key, and the machine's."""

    name: str
    host: str


class Access(NamedTuple):
    """One member's access to the team's place on a remote."""

    team: Team
    remote: Remote
    keys: Keys
    me: Member
    store: Store


class Found(NamedTuple):
    """A head, and the version to name when it is replaced."""

    head: Head
    version: str


def read_head(access: Access, slot: str) -> Found | None:
    """The head of a shared slot; None when nothing was ever shared.

    Raises CannotDecrypt, HeadForged, RemoteUnreachable, RemoteRefused, OSError, Locked.
    """
    from wagit.team import head_file

    mark = access.remote.head(access.team.space(slot))
    if mark is None:
        return None
    head = head_file.decode(mark.data, access.team, access.keys, slot)
    remember(access.store, head.secret)
    return Found(head, mark.version)


def write_head(access: Access, head: Head, after: str | None) -> Found:
    """Replace the head of version `after`, None for the first. Raises as `Remote.advance`."""
    from wagit.team import head_file

    mark = access.remote.advance(
        access.team.space(head.slot), head_file.encode(head, access.team.recipients), after
    )
    return Found(head, mark.version)


def first_head(access: Access, slot: str) -> Head:
    """The head of a slot that was never shared. Raises SecretUnknown."""
    secret = known(access.store, access.team)
    if secret is None:
        raise SecretUnknown(
            "nothing of this team is shared yet, and only who ran `wagit team init` can begin",
            "ask them to run: wagit team push",
        )
    return Head(slot, secret)


def known(store: Store, team: Team) -> str | None:
    """The team's secret, where this store has seen it."""
    return next((one for one in _secrets(store) if digest(one) == team.secret_digest), None)


def remember(store: Store, secret: str) -> None:
    """Keep a team's secret, which lets its first head be made. Raises OSError, Locked."""
    if secret not in _secrets(store):
        with alone(_path(store)):
            atomic_write(_path(store), json.dumps(sorted({*_secrets(store), secret})).encode() + b"\n")


def digest(secret: str) -> str:
    """What the config has of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def directory(store: Store) -> str:
    """Where all that this machine knows of sharing lies, 0700."""
    return os.path.join(store.root, "team")


def alone(path: str) -> HeldLock:
    """One process at a time changes the file `<path>`, a `.json`. Raises OSError, Locked."""
    make_directory(os.path.dirname(path))
    return acquire(f"{path.removesuffix('.json')}.lock", wait=WAIT)


def _path(store: Store) -> str:
    return os.path.join(directory(store), "secrets.json")


def _secrets(store: Store) -> list[str]:
    try:
        with open(_path(store), "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
