"""Sessions as they are pushed: a store with objects, packs and the index of them.

shared = Shared.make(tmp_path, {"a/b": b"..."}, ada, bob)
shared.index, shared.packs                        # as `pack` and the push make them
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from tests.support.team_keys import Owner, team_of
from wagit.core.store import Store
from wagit.snapshots import objects
from wagit.snapshots.manifest import Entry, Header
from wagit.team import pack
from wagit.team.head import Pushed
from wagit.team.index import Index, Place, Session
from wagit.team.pack import Packed
from wagit.team.settings import Team, sealed_for

NOW = 1_800_000_000.0
SLOT = "staging"


def digest_of(data: bytes) -> str:
    return blake3(data).hexdigest()


def put(store: Store, data: bytes) -> str:
    """Make an object of `data`; its name."""
    digest = digest_of(data)
    path = Path(objects.path_of(store, digest))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return digest


def entries_of(files: Mapping[str, bytes]) -> tuple[Entry, ...]:
    """The entries of files and the directories that they lie in, in order of path."""
    directories = {
        path.rsplit("/", depth)[0] for path in files for depth in range(1, path.count("/") + 1)
    }  # fmt: skip
    found = [Entry(path, "directory", 0o700, 0, 1_700_000_000_000_000_000, 0, 0, "") for path in directories]
    found += [
        Entry(path, "file", 0o600, len(data), 1_700_000_000_123_456_789, 0, 0, digest_of(data))
        for path, data in files.items()
    ]
    return tuple(sorted(found))


def session_of(entries: Iterable[Entry], number: int = 1) -> Session:
    """What a push of these entries says."""
    entries = tuple(entries)
    sizes = [entry.size for entry in entries if entry.kind == "file"]
    header = Header(
        SLOT, 7, NOW, "clean", "stop", "", False, "generic", 3, "develop", "3f2a91c", None, None, None, None,
        len(sizes), sum(sizes),
    )  # fmt: skip
    return Session(Pushed(number, 3, NOW, "ada", "tower", len(sizes), sum(sizes)), header, entries)


@dataclass(frozen=True)
class Shared:
    """A session in packs, and the index of it."""

    team: Team
    store: Store
    packs: tuple[Packed, ...]
    index: Index

    @classmethod
    def make(cls, path: Path, files: Mapping[str, bytes], *members: Owner) -> Shared:
        """Make the objects in `<path>/store` and the packs in `<path>/outbox`."""
        store, outbox = Store(str(path / "store")), path / "outbox"
        os.makedirs(outbox, exist_ok=True)
        team, secret = team_of(*members)
        wanted = {put(store, data): len(data) for data in files.values()}
        packs = tuple(pack.pack(store, wanted, team.recipients, str(outbox), lambda _: None))
        places = {
            digest: Place(number, *place)
            for number, packed in enumerate(packs)
            for digest, place in packed.objects.items()
        }
        blobs = tuple(packed.blob for packed in packs)
        sessions = (session_of(entries_of(files)),)
        return cls(
            team, store, packs, Index(SLOT, secret, sessions, blobs, places, sealed_for(team.recipients))
        )
