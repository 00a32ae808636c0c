"""Leases in the heads on the team's remote: whoever replaces a head by compare-and-swap has it."""

from __future__ import annotations

import contextlib

from wagit.core.boot_clock import BootClock, SystemBootClock
from wagit.core.clock import Clock, SystemClock
from wagit.core.locks import Locked
from wagit.team import lease, state
from wagit.team.access import Access, Found, first_head, read_head
from wagit.team.head import Head, Lease, Request
from wagit.team.head_change import change
from wagit.team.lease import Moment
from wagit.team.leases import Held, LeaseLost, Look, new_id
from wagit.team.state import Own, State


class HeadLeases:
    """Implements `Leases`. `clock` is only for what people are told. Safe to use from several threads."""

    def __init__(self, access: Access, clock: Clock | None = None, boot: BootClock | None = None) -> None:
        self._access = access
        self._clock = clock or SystemClock()
        self._boot = boot or SystemBootClock()

    def look(self, slot: str) -> Look:
        """Who has it now; what is seen is remembered on disk."""
        found = read_head(self._access, slot)
        return self._seen(slot, found.head if found else None)

    def take(self, slot: str) -> Held:
        """Take it, or go on with what is ours. Raises LeaseHeld, SecretUnknown, OSError, Locked."""
        began, new = self._boot.now(), new_id()

        def decide(head: Head | None) -> Head:
            look = self._seen(slot, head)
            head = head or first_head(self._access, slot)
            if look.ours:
                return lease.renewed(head, self._access.team.term)
            if look.left > 0:
                raise lease.refuse(slot, look)
            fence = max(head.fence, state.read(self._access.store, slot).fence) + 1
            self._note(slot, new, fence, 0.0)  # first, so that it is known as ours whatever comes
            return lease.taken(head, self._new_lease(new), fence)

        held = _held(slot, change(self._access, slot, decide), began)
        with contextlib.suppress(OSError, Locked):  # it is taken: only a start without network needs this
            self._note(slot, held.id, held.fence, held.until)
        return held

    def renew(self, held: Held) -> Held:
        """Make it last for another term, counted from before it is asked for. Raises LeaseLost."""
        began = self._boot.now()

        def decide(head: Head | None) -> Head:
            return lease.renewed(lease.check(head, held), self._access.team.term)

        try:
            new = _held(held.slot, change(self._access, held.slot, decide), began)
        except LeaseLost:
            state.disown(self._access.store, held)
            raise
        state.prolong(self._access.store, new)
        return new

    def release(self, held: Held) -> None:
        """Give it back. Where that fails it may be given back all the same, and nothing is sure any more."""

        def decide(head: Head | None) -> Head | None:
            if head is None or not lease.has(head, held):
                return None
            state.doubt(self._access.store, held)
            return head._replace(lease=None)

        change(self._access, held.slot, decide)
        state.disown(self._access.store, held)

    def request(self, slot: str) -> Look:
        """Ask the holder for it; asks nobody where it is ours or nobody's."""
        me, asked_at = self._access.me, self._clock.now()

        def decide(head: Head | None) -> Head | None:
            if head is None or head.lease is None or self._seen(slot, head).ours:
                return None
            return lease.requested(head, Request(me.name, me.host, asked_at))

        found = change(self._access, slot, decide)
        return self._seen(slot, found.head if found else None)

    def _seen(self, slot: str, head: Head | None) -> Look:
        """What a head says of the lease, and remember that it was seen."""
        moment = Moment(self._boot.now(), self._boot.boot())
        if head is None:
            return Look(None, 0, False, 0.0)

        def noticed(known: State) -> State:
            watching = lease.watched(known.watched, lease.mark(head), moment)
            return known._replace(watched=watching, fence=max(known.fence, head.fence))

        known = state.update(self._access.store, slot, noticed)
        assert known.watched is not None
        ours = lease.is_ours(head.lease, known.own, state.place(self._access.store))
        return Look(head.lease, head.fence, ours, lease.left(head.lease, known.watched, moment))

    def _new_lease(self, name: str) -> Lease:
        me = self._access.me
        return Lease(name, me.name, me.host, self._access.team.term, self._clock.now())

    def _note(self, slot: str, name: str, fence: int, until: float) -> None:
        store = self._access.store
        state.note_own(store, slot, Own(name, fence, until, self._boot.boot(), state.place(store)))


def _held(slot: str, done: Found | None, began: float) -> Held:
    assert done is not None
    fence, ours = done.head.fence, done.head.lease
    assert ours is not None
    return Held(slot, ours.id, fence, lease.lasts(began, ours.term), ours.request)
