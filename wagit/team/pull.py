"""Pull the current session: fetch what the store lacks, check all of it, and make it a local snapshot.

Killed at any point it leaves what was fetched in the inbox, where the next pull goes on, and objects that
nothing names, which a collection takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.drivers import registry
from wagit.snapshots import create, objects
from wagit.snapshots.create import Collected
from wagit.snapshots.manifest import Entry, Header, Manifest
from wagit.snapshots.reading import Reading
from wagit.snapshots.staging import Staging
from wagit.team.access import Access, Found, read_head
from wagit.team.head import Pushed
from wagit.team.head_file import HeadForged
from wagit.team.incoming import lies
from wagit.team.index import Index, Session
from wagit.team.pack import unpack
from wagit.team.plan import sizes
from wagit.team.remote import Blob, BlobDamaged, BlobGone
from wagit.team.transfer import Bars, clear, counting, inbox, locked, no_bars, read_index

TRIES = 3  # times that a pull begins anew when a push dropped what it was about to fetch


class UnknownDriver(WagitError):
    """The session is of a client library that this wagit does not know."""

    code = "team-unknown-driver"


class Fetched(NamedTuple):
    """A session that is here now: `digest` names its index, `bytes` came for it."""

    manifest: Manifest
    pushed: Pushed
    digest: str
    bytes: int


class Outlook(NamedTuple):
    """What a pull would fetch: the session, and how many bytes of packs."""

    session: Session
    bytes: int


def fetch(
    access: Access,
    found: Found,
    admit: Callable[[Header], None],
    generation: int,
    *,
    thorough: bool = False,
    bars: Bars = no_bars,
) -> Fetched:
    """Make the session that a head tells of a local snapshot, or the one that overtook it meanwhile.

    `admit` raises what keeps the session from being fetched. `generation` is the least that the snapshot
    gets. `thorough` reads the objects that are here, and fetches damaged ones anew. Raises CannotDecrypt,
    HeadForged, BlobGone, BlobDamaged, HostileSession, RemoteUnreachable, RemoteRefused, Locked, OSError.
    """
    for _ in range(TRIES - 1):
        try:
            return _Pull(access, found, bars).run(admit, generation, thorough=thorough)
        except Collected:  # what was here is fetched, too
            continue
        except BlobGone:
            again = read_head(access, found.head.slot)
            if again is None or again.head.current in (None, found.head.current):
                raise
            found = again
    return _Pull(access, found, bars).run(admit, generation, thorough=thorough)


def outlook(access: Access, found: Found) -> Outlook:
    """Read the index alone. Raises as `fetch`."""
    pull = _Pull(access, found, no_bars)
    with locked(pull.inbox):
        index = pull.index()
        return Outlook(index.sessions[0], sum(blob.size for blob in pull.packs(index, thorough=False)))


class _Pull:
    """One pull of what one head names."""

    def __init__(self, access: Access, found: Found, bars: Bars) -> None:
        assert found.head.current is not None
        assert found.head.pushed is not None
        self._access = access
        self._slot = found.head.slot
        self._current: Blob = found.head.current
        self._pushed: Pushed = found.head.pushed
        self._bars = bars
        self.inbox = inbox(access, self._slot)

    def run(self, admit: Callable[[Header], None], generation: int, *, thorough: bool) -> Fetched:
        with locked(self.inbox):
            try:
                fetched = self._run(admit, generation, thorough=thorough)
            except BlobDamaged:  # perhaps it was spoiled here: all of it is fetched again next time
                clear(self.inbox)
                raise
            clear(self.inbox)
            return fetched

    def _run(self, admit: Callable[[Header], None], generation: int, *, thorough: bool) -> Fetched:
        index = self.index()
        admit(index.sessions[0].header)
        packs = self.packs(index, thorough=thorough)
        fetched = self._fetch(packs)
        with Staging(self._access.store) as staging:
            manifest = self._keep(index.sessions[0], packs, staging, generation)
        return Fetched(manifest, self._pushed, self._current.name, fetched)

    def index(self) -> Index:
        """The index, which must tell of the very session that the head does. Raises HeadForged."""
        found = read_index(self._access, self._slot, self._current, self.inbox)
        if not found.sessions or found.sessions[0].pushed != self._pushed:
            raise HeadForged(
                f"the index {self._current.name[:12]} of slot {self._slot} on {self._access.remote.title} is"
                " of another push than the head says",
                "ask the team who wrote it",
            )
        _known_driver(found.sessions[0].header.driver)
        return found

    def packs(self, index: Index, *, thorough: bool) -> dict[Blob, dict[str, tuple[int, int]]]:
        """The packs with what the store lacks, and the places of that in them."""
        store, found = self._access.store, dict[Blob, dict[str, tuple[int, int]]]()
        for digest, size in sizes(index.sessions[0].entries).items():
            here = (
                objects.is_good(store, digest, size) if thorough else objects.size_of(store, digest) == size
            )
            if not here:
                place = index.objects[digest]
                found.setdefault(index.packs[place.pack], {})[digest] = (place.offset, place.size)
        return found

    def _fetch(self, packs: Iterable[Blob]) -> int:
        """Fetch packs to the inbox; how many bytes came."""
        due = [blob for blob in packs if not lies(self.inbox, blob)]
        total = sum(blob.size for blob in due)
        with self._bars(f"fetching {self._slot}") as progress:
            self._access.remote.get(
                self._access.team.space(self._slot), packs, self.inbox, counting(progress, total)
            )
        return total

    def _keep(
        self,
        session: Session,
        packs: Mapping[Blob, Mapping[str, tuple[int, int]]],
        staging: Staging,
        generation: int,
    ) -> Manifest:
        """Unpack, and write the manifest once every object is durable."""
        fresh: dict[str, str] = {}
        with self._bars(f"unpacking {self._slot}") as progress:
            moved = counting(progress, sum(size for wanted in packs.values() for _, size in wanted.values()))
            for blob, wanted in packs.items():
                directory = staging.new_name()
                os.mkdir(directory, mode=0o700)
                path = os.path.join(self.inbox, blob.name)
                for digest, file in unpack(path, wanted, self._access.keys, directory):
                    fresh[digest] = file
                    moved(wanted[digest][1])
        header, store = self._header(session.header, generation), self._access.store
        reading = Reading(tuple(_foreign(entry) for entry in session.entries), fresh, ())
        return create.commit(store, header, reading, create.newest(store, self._slot), staging)

    def _header(self, header: Header, generation: int) -> Header:
        """What the pusher knew of the snapshot, as one of this store's."""
        return header._replace(
            slot=self._slot,
            tag="clean",
            why="team",
            message="",
            generation=max(header.generation, generation),
        )


def _foreign(entry: Entry) -> Entry:
    """An entry without what tells files of another machine apart: nothing here is known by it."""
    return entry._replace(ctime_ns=0, inode=0)


def _known_driver(name: str) -> None:
    if name not in registry.names():
        raise UnknownDriver(
            f"the team's session is of driver {name[:40]!r}, which this wagit does not know",
            "upgrade wagit: pip install -U wagit-sessions",
        )
