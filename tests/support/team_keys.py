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
PASSPHRASE = "correct horse"
# A key behind PASSPHRASE, with scrypt's work factor 4: the one that users get takes seconds.
LOCKED = """\
-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBLWnhEcXJGOVlGUEpDQk5S
SmVYTzZRIDQKdmtDc1RZbWhsUUZib1JmK2J3QmRWM1c3OE1xajhHc1hZS01HMGdJ
OGRQdwotLS0gMEU5dmpXMmZwZGpaTVVsSUwra28rdWdpNTBlMEZoelo2M0hBNTBa
Q0hFNArsRrItLbKhGev683UZdgSAXsR3HdOTIq7gwFczk95ozoxVk+naW3OUWtLW
HcZeI4XA2eklltnyFJzHVyL0anYo3vSPcZQey5U7DZyqBRAOXNNgkgNzyN2/UuKt
LVk7mpPdz8QXUO9ssq9UyK8QIb7Uz83nCh+gR7nS9mQCimkp+xm10I2gNAEiJRKM
IXHTBAIi+me8wmkn1teD/OXu3hDIgXCZ2NlcplrboLMmGIQ8jN7V4AKTL8CAwwex
WJbPObxgMrj49t6KoTx5nofid9MADSlo8gm3ysQ=
-----END AGE ENCRYPTED FILE-----
"""


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
