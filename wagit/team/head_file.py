"""A head as bytes: JSON, padded, sealed for the recipients."""

from __future__ import annotations

from collections.abc import Sequence

from wagit.core.errors import WagitError
from wagit.team.head import Head
from wagit.team.keys import Keys
from wagit.team.settings import Recipient, Team


class HeadForged(WagitError):
    """It can be decrypted, but no member of this team wrote it for this slot."""

    code = "team-forged"
    exit_status = 12


def encode(head: Head, recipients: Sequence[Recipient]) -> bytes:
    """Write a head for those who may read it."""
    raise NotImplementedError(head, recipients)


def decode(data: bytes, team: Team, keys: Keys, slot: str | None) -> Head:
    """Read a head, of whatever slot for None. Raises CannotDecrypt, HeadForged, BlobDamaged for nonsense."""
    raise NotImplementedError(data, team, keys, slot)
