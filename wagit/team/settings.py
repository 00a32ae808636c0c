"""The team as it is in effect: who may read, and where its sessions lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

MOST = 4 << 30  # bytes of one session, unpacked: more is refused
TERM = 300.0  # seconds


class Recipient(NamedTuple):
    """Who can decrypt: a name for people, and an age (`age1…`) or SSH (`ssh-ed25519 …`) public key."""

    name: str
    key: str


def sealed_for(recipients: Iterable[Recipient]) -> str:
    """What a list of recipients is told from another by: a digest of their keys, whatever their order."""
    return hashlib.sha256("\n".join(sorted({one.key for one in recipients})).encode()).hexdigest()[:16]


class Team(NamedTuple):
    """`secret_digest` is the SHA-256 in hex of what every head and index has in it, and only members know.

    `term` is how long a lease lasts without being renewed, in seconds. `lease_at` is a Redis URL; None keeps
    leases in the heads.
    """

    secret_digest: str
    remote: str
    recipients: tuple[Recipient, ...]
    term: float = TERM
    lease_at: str | None = None

    @property
    def name(self) -> str:
        """What the team's place on a remote is called: 16 hex digits."""
        return self.secret_digest[:16]

    @property
    def place(self) -> str:
        """Which team on which remote: what was seen at one place says nothing of another."""
        return f"{self.name} at {self.remote}"

    def space(self, slot: str) -> str:
        """What a slot's place is called: 32 hex digits, which only who knows the config can tell."""
        return hashlib.sha256(f"{self.secret_digest}/{slot}".encode()).hexdigest()[:32]
