"""Push a local snapshot: packs first, then the index that names them, then the head that names the index.

Killed before the head advanced, nothing of it is current: the next push finds the same packs in the outbox,
and drops what nobody counts on. What the index before needs stays for one push more, for whoever pulls it.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.snapshots import create
from wagit.snapshots.manifest import Manifest
from wagit.team import fence, index_file, lease, seen, state
from wagit.team.access import Access, Found, read_head
from wagit.team.head import Head, Pushed
from wagit.team.head_change import change
from wagit.team.index import KEPT, Index, Session
from wagit.team.leases import Held
from wagit.team.pack import Packed, pack
from wagit.team.plan import Plan, plan, source
from wagit.team.remote import Blob, BlobDamaged, BlobGone, RemoteRefused, RemoteUnreachable
from wagit.team.seen import Attempt
from wagit.team.settings import MOST, sealed_for
from wagit.team.transfer import Bars, clear, counting, locked, no_bars, outbox, read_index


class Behind(WagitError):
    """The team has a newer session than the one that this slot's is based on."""

    code = "team-behind"


class TooLarge(WagitError):
    """The session is larger than a team's may be."""

    code = "team-too-large"


class Sent(NamedTuple):
    """What became current: `bytes` went to the remote; not `new` when it was there already.

    `lost`: data of older pushes was gone from the remote, or damaged there, so they are not kept any more.
    `left` is why what nobody needs any more could not be dropped from it.
    """

    pushed: Pushed
    new: bool
    bytes: int = 0
    lost: bool = False
    left: str = ""


def look(access: Access, slot: str) -> Found | None:
    """The head, if a push may follow it. Raises Behind, RolledBack, and as `read_head`."""
    found = read_head(access, slot)
    _check(access, slot, found)
    return found


def _check(access: Access, slot: str, found: Found | None) -> None:
    head = found.head if found is not None else None
    known = seen.read(access.store, access.team, slot)
    seen.check(known, slot, head, access.remote.title)
    seen.noticed(access.store, access.team, slot, head)
    pushed, base = head.pushed if head is not None else None, state.read(access.store, slot).base
    if head is not None and pushed is not None and not seen.is_base(base, head):
        raise Behind(
            f"the team has a newer session of slot {slot}: push {pushed.number} of {rfc3339(pushed.time)}"
            f" by {pushed.by} on {pushed.host}; yours is based on"
            f" {f'push {base.number}' if base else 'none of its pushes'}",
            f"take theirs, which keeps yours as a snapshot: wagit team pull {slot}",
        )


def push(
    access: Access, held: Held, manifest: Manifest, now: float, *, bars: Bars = no_bars, anew: bool = False
) -> Sent:
    """Make a snapshot the team's newest session of its slot. The lease must be ours, and is kept.

    `anew` packs all that the index needs once more, for the recipients there are now, and mends data that
    was damaged there; changed recipients do the same. Raises Behind, RolledBack, LeaseLost, TooLarge,
    DamagedSnapshot, CannotDecrypt, HostileSession, RemoteUnreachable, RemoteRefused, Locked, OSError.
    """
    if manifest.header.size > MOST:
        raise TooLarge(
            f"the session of slot {manifest.header.slot} has {manifest.header.size} bytes; a team's has"
            f" {MOST} at most",
            "see what is in it: wagit snapshots show latest --files",
        )
    return _Push(access, held, manifest, now, bars, anew).run()


class _Push:
    """One push."""

    def __init__(
        self, access: Access, held: Held, manifest: Manifest, now: float, bars: Bars, anew: bool
    ) -> None:
        self._access = access
        self._held = held
        self._manifest = manifest
        self._now = now
        self._bars = bars
        self._anew = anew
        self._slot = manifest.header.slot
        self._space = access.team.space(self._slot)
        self._outbox = outbox(access, self._slot)

    def run(self) -> Sent:
        with locked(self._outbox):
            found = self._begin()
            index = self._index(found.head)
            there = self._access.remote.blobs(self._space)
            planned = plan(self._access, index, there, self._manifest.entries, anew=self._anew)
            head = found.head
            if index and head.pushed and head.current and planned.whole and self._is_in(index):
                self._note(head.pushed, head.current.name)
                clear(self._outbox, {head.current.name})  # the index is read at the next push
                return Sent(head.pushed, new=False)
            return self._send(found, index, planned, there)

    def _send(self, found: Found, index: Index | None, planned: Plan, there: set[str]) -> Sent:
        pushed = self._pushed(found.head)
        planned, store = self._source(index, planned, there)
        new, blob = self._prepare(found.head, planned, pushed, store)
        files = {**{one.blob: one.path for one in new}, blob: os.path.join(self._outbox, blob.name)}
        total = sum(one.size for one in files)
        with self._bars(f"sending {self._slot}") as progress:
            self._access.remote.put(self._space, files, counting(progress, total))
        self._try(Attempt(pushed, blob.name, self._manifest.id))
        self._advance(found, blob, pushed)
        self._note(pushed, blob.name)
        needed = {*(one.name for one in (*planned.packs, *files)), *self._before(found.head, index)}
        left = self._drop(there - needed)
        clear(self._outbox, {blob.name})
        lost = bool(planned.lost) or (index is None and found.head.current is not None)
        return Sent(pushed, new=True, bytes=total, lost=lost, left=left)

    def _source(self, index: Index | None, planned: Plan, there: set[str]) -> tuple[Plan, Store]:
        """Where to pack from; older sessions whose data is damaged are not kept."""
        try:
            return planned, source(self._access, self._space, planned, self._outbox)
        except (BlobGone, BlobDamaged):
            assert index is not None
            alone = plan(self._access, index._replace(sessions=()), there, self._manifest.entries, anew=True)
            older = tuple(one.pushed.number for one in index.sessions)
            return alone._replace(lost=older), self._access.store

    def _drop(self, names: set[str]) -> str:
        """Drop what nobody needs any more; the push is done even if that fails."""
        try:
            self._access.remote.drop(self._space, sorted(names))
        except (RemoteUnreachable, RemoteRefused) as error:
            return error.message
        return ""

    def _begin(self) -> Found:
        """The head as it is, where the lease is ours; with our fence, where leases are given elsewhere."""
        if self._access.team.lease_at is not None:
            found = fence.put(self._access, self._held)
            _check(self._access, self._slot, found)
            return found
        known = look(self._access, self._slot)
        if known is None or not self._is_ours(known.head):
            raise fence.lost(self._slot)
        return known

    def _is_ours(self, head: Head) -> bool:
        if self._access.team.lease_at is not None:
            return fence.is_up(head, self._held)
        return lease.has(head, self._held)

    def _index(self, head: Head) -> Index | None:
        """What is current; None when there is none, or it was spoiled: we have all but the older sessions."""
        if head.current is None:
            return None
        try:
            return read_index(self._access, self._slot, head.current, self._outbox)
        except (BlobGone, BlobDamaged):
            return None

    def _is_in(self, index: Index) -> bool:
        return create.is_same(index.sessions[0].entries, self._manifest.entries)

    def _pushed(self, head: Head) -> Pushed:
        highest = max(
            state.read(self._access.store, self._slot).highest, head.pushed.number if head.pushed else 0
        )
        header, me = self._manifest.header, self._access.me
        return Pushed(highest + 1, header.generation, self._now, me.name, me.host, header.files, header.size)

    def _prepare(self, head: Head, planned: Plan, pushed: Pushed, store: Store) -> tuple[list[Packed], Blob]:
        """Make the packs of what the remote lacks, and the index of all."""
        header = self._manifest.header._replace(message="")  # the user's own words are for nobody else
        entries = (one._replace(mtime_ns=max(0, one.mtime_ns)) for one in self._manifest.entries)
        session = Session(pushed, header, tuple(entries))
        recipients = self._access.team.recipients
        with self._bars(f"packing {self._slot}") as progress:
            read = counting(progress, sum(planned.lacking.values()))
            new = list(pack(store, planned.lacking, recipients, self._outbox, read))
        sessions = (session, *planned.sessions)[:KEPT]
        made = Index(self._slot, head.secret, sessions, *planned.with_packs(new), sealed_for(recipients))
        return new, index_file.write(made, recipients, self._outbox)

    def _advance(self, found: Found, blob: Blob, pushed: Pushed) -> None:
        """Make it current, unless the lease or the session is somebody else's by now. Raises LeaseLost."""
        before = found.head.current

        def decide(head: Head | None) -> Head:
            if head is None or not self._is_ours(head) or head.current != before:
                raise fence.lost(self._slot)
            return head._replace(current=blob, pushed=pushed)

        change(self._access, self._slot, decide, found)

    def _before(self, head: Head, index: Index | None) -> set[str]:
        """Blobs of the session before, which somebody may be pulling."""
        names = {blob.name for blob in index.packs} if index else set()
        return names | ({head.current.name} if head.current else set())

    def _try(self, attempt: Attempt) -> None:
        store, team = self._access.store, self._access.team
        seen.update(store, team, self._slot, lambda old: old._replace(trying=attempt))

    def _note(self, pushed: Pushed, digest: str) -> None:
        seen.done(self._access.store, self._access.team, pushed, digest, self._manifest)
