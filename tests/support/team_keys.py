"""Members with keys, and the team that they are.

ada, bob = member(tmp_path, "ada"), member(tmp_path, "bob")
team, secret = team_of(ada, bob)
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from wagit.team import keys
from wagit.team.access import digest
from wagit.team.keys import Keys
from wagit.team.settings import Recipient, Team

SECRET = "5ec2e7" * 10 + "abcd"


class Owner(NamedTuple):
    """Somebody with a key file. `line` is what `.wagit.yml` has of them."""

    recipient: Recipient
    path: Path
    keys: Keys

    @property
    def line(self) -> str:
        return f"{self.recipient.key} {self.recipient.name}"


def member(directory: Path, name: str) -> Owner:
    """Make an age key of that name at `<directory>/<name>.key`, without a passphrase."""
    path = directory / f"{name}.key"
    public = keys.create(str(path))
    return Owner(Recipient(name, public), path, keys.read(str(path)))


def team_of(*members: Owner, remote: str = "origin", secret: str = SECRET) -> tuple[Team, str]:
    """The team of these, and its secret."""
    return Team(digest(secret), remote, tuple(one.recipient for one in members)), secret
