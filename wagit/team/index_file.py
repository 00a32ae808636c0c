"""An index as a blob: JSON, zstd, padded, sealed for the recipients."""

from __future__ import annotations

from collections.abc import Sequence

from wagit.team.index import Index
from wagit.team.keys import Keys
from wagit.team.remote import Blob
from wagit.team.settings import Recipient, Team


def write(index: Index, recipients: Sequence[Recipient], directory: str) -> Blob:
    """Write an index to `<directory>/<name>`, durably. Raises OSError."""
    raise NotImplementedError(index, recipients, directory)


def read(path: str, team: Team, keys: Keys, slot: str) -> Index:
    """Read one, and believe nothing of it that was not checked.

    Raises CannotDecrypt, HeadForged, BlobDamaged, HostileSession, OSError.
    """
    raise NotImplementedError(path, team, keys, slot)
