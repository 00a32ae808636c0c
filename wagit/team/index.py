"""The index of a shared slot: the last sessions that were pushed, and in which pack each file's bytes lie."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.snapshots.manifest import Entry, Header
from wagit.team.head import Pushed
from wagit.team.remote import Blob

KEPT = 5  # sessions, the current one among them


class HostileSession(WagitError):
    """A member pushed what no session is: paths that lead out, links, bombs, lies about sizes."""

    code = "team-hostile"
    exit_status = 12


class Place(NamedTuple):
    """Where an object is: `pack` by its place in `Index.packs`; offset and size in bytes, unpacked."""

    pack: int
    offset: int
    size: int


class Session(NamedTuple):
    """One pushed session: who, when, and its manifest."""

    pushed: Pushed
    header: Header
    entries: tuple[Entry, ...]


class Index(NamedTuple):
    """`sessions` newest first, at most KEPT; `objects` by BLAKE3; `packs` are all that these need.

    `objects` may have more than the sessions name: what else lies in the packs. `sealed` is the digest of
    the public keys that all packs are sealed for (`settings.sealed_for`), empty where that is not known.
    """

    slot: str
    secret: str
    sessions: tuple[Session, ...]
    packs: tuple[Blob, ...]
    objects: dict[str, Place]
    sealed: str = ""
