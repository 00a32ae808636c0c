"""Leases in Redis: its clock alone says how long one lasts, and it answers in a millisecond."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import NamedTuple

from wagit.core.boot_clock import BootClock, SystemBootClock
from wagit.core.clock import Clock, SystemClock
from wagit.core.locks import Locked
from wagit.team import lease, redis_wire, sealing, state, values
from wagit.team.access import Access, digest, first_head, known, read_head
from wagit.team.head import Lease, Request
from wagit.team.keys import CannotDecrypt
from wagit.team.leases import Held, LeaseLost, Look, new_id
from wagit.team.redis_script import SCRIPT
from wagit.team.remote import BlobDamaged, RemoteRefused
from wagit.team.state import Own

BLOCK = 512  # bytes: who somebody is is padded to a multiple of it
_FORGOTTEN = Request("somebody", "a machine that Redis forgot", 0.0)
_HIDDEN = Request("somebody", "some machine", 0.0)


class _Answer(NamedTuple):
    """What the script says; `left` and `term` in seconds."""

    outcome: str
    fence: int
    left: float
    token: str
    who: bytes
    asked: bytes
    term: float


class RedisLeases:
    """Implements `Leases`. `clock` is only for what people are told. Safe to use from several threads."""

    def __init__(self, access: Access, clock: Clock | None = None, boot: BootClock | None = None) -> None:
        assert access.team.lease_at is not None
        self._access = access
        self._clock = clock or SystemClock()
        self._boot = boot or SystemBootClock()
        self._at = redis_wire.address(access.team.lease_at)

    def look(self, slot: str) -> Look:
        """Who has it now, by the server's clock."""
        return self._look(slot, self._ask("look", slot))

    def take(self, slot: str) -> Held:
        """Take it, or go on with what is ours. Raises LeaseHeld, SecretUnknown, OSError, Locked."""
        began, own = self._boot.now(), self._own(slot)
        if own is None:  # noted first, so that it is known as ours whatever comes
            own = Own(new_id(), 0, 0.0, self._boot.boot(), state.place(self._access.store))
            state.note_own(self._access.store, slot, own)
        sure = own.boot == self._boot.boot() and own.until > began
        answer = self._ask("take", slot, own.id, own.fence, sure=sure)
        if answer.outcome != "held":
            raise lease.refuse(slot, self._look(slot, answer))
        held = self._held(slot, own.id, answer, began)
        with contextlib.suppress(OSError, Locked):  # it is taken: only a start without network needs this
            own = own._replace(fence=held.fence, until=held.until, boot=self._boot.boot())
            state.note_own(self._access.store, slot, own)
        return held

    def renew(self, held: Held) -> Held:
        """Make it last for another term, counted from before it is asked for. Raises LeaseLost."""
        began, slot = self._boot.now(), held.slot
        answer = self._ask("renew", slot, held.id, held.fence, sure=held.until > began)
        if answer.outcome != "held":
            look = self._look(slot, answer)
            why = "it was given back, or ran out" if look.lease is None else lease.words(look)
            raise LeaseLost(f"the lease of slot {slot!r} is lost: {why}", "see who has it: wagit team ls")
        new = self._held(slot, held.id, answer, began)
        state.prolong(self._access.store, new)
        return new

    def release(self, held: Held) -> None:
        """Give it back. Where that fails it may be given back all the same, and nothing is sure any more."""
        sure = held.until > self._boot.now()
        state.doubt(self._access.store, held)
        self._ask("release", held.slot, held.id, held.fence, sure=sure)
        state.disown(self._access.store, held)

    def request(self, slot: str) -> Look:
        """Ask the holder for it, who sees it at the next renewal; nobody where it is ours or free."""
        own = self._own(slot)
        return self._look(slot, self._ask("request", slot, own.id if own else ""))

    def _ask(self, op: str, slot: str, name: str = "", fence: int = 0, *, sure: bool = False) -> _Answer:
        """Run the script; where Redis may have lost data, once more with the fence that the remote knows."""
        team = self._access.team
        # Redis counts a little longer than the holder: two clocks may run that much unlike each other.
        term = str(int(team.term * lease.PATIENCE * 1000))
        who = self._sealed(slot) if op in {"take", "renew", "request"} else b""
        key = f"wagit:{team.name}:{team.space(slot)}:lease"
        asked = (op, _token(name), who, "1" if sure else "0", str(fence), term)
        answer = redis_wire.run(self._at, SCRIPT, key, *asked, "")
        if answer[:1] == [b"floor"]:
            found = read_head(self._access, slot)
            floor = max(found.head.fence if found else 0, state.read(self._access.store, slot).fence)
            answer = redis_wire.run(self._at, SCRIPT, key, *asked, str(floor))
        return self._answer(answer)

    def _answer(self, said: list[redis_wire.Reply]) -> _Answer:
        texts = [one for one in said if isinstance(one, bytes)]
        if len(texts) == 2 and texts[0] == b"old":
            version = texts[1][:20].decode("ascii", "replace")
            raise RemoteRefused(
                f"{self._at.title} is Redis {version}; leases need 6 or newer",
                "upgrade it, or leave out team.lease.at to have the leases on the team's remote",
            )
        try:
            outcome, fence, left, token, who, asked, term = texts
            numbers = int(fence), int(left), int(term)
            return _Answer(
                outcome.decode(), numbers[0], numbers[1] / 1000, token.decode(), who, asked, numbers[2] / 1000
            )
        except ValueError as error:
            raise RemoteRefused(
                f"{self._at.title} has something else where the lease should be", "look at team.lease.at"
            ) from error

    def _look(self, slot: str, answer: _Answer) -> Look:
        if not answer.token and not answer.left:
            return Look(None, answer.fence, False, 0.0)
        own = self._own(slot)
        ours = own is not None and _token(own.id) == answer.token
        who = self._opened(slot, answer.who) or _HIDDEN if answer.token else _FORGOTTEN
        asked = self._opened(slot, answer.asked)
        found = Lease(answer.token, who.by, who.host, answer.term / lease.PATIENCE, who.time, 0, asked)
        return Look(found, answer.fence, ours, answer.left)

    def _held(self, slot: str, name: str, answer: _Answer, began: float) -> Held:
        until = lease.lasts(began, self._access.team.term)
        return Held(slot, name, answer.fence, until, self._opened(slot, answer.asked))

    def _sealed(self, slot: str) -> bytes:
        """Who we are, for members only; the secret shows that one wrote it, and not the host of Redis.

        Raises SecretUnknown before anything was shared.
        """
        access = self._access
        secret = known(access.store, access.team)
        if secret is None:
            found = read_head(access, slot)
            secret = (found.head if found else first_head(access, slot)).secret
        who = [secret, slot, *access.me, self._clock.now()]
        data = json.dumps(who).encode()
        return sealing.seal(data + b" " * (-len(data) % BLOCK), access.team.recipients)

    def _opened(self, slot: str, sealed: bytes) -> Request | None:
        """Who somebody is, if a member wrote it; it decides nothing, and so nothing fails by it."""
        if not sealed:
            return None
        try:
            found = values.document(sealing.unseal(sealed, self._access.keys, "a lease"))
            secret, where, by, host, time = values.items(found, 5)
            if digest(values.text(secret)) != self._access.team.secret_digest or where != slot:
                return None
            return Request(values.text(by), values.text(host), values.seconds(time))
        except (CannotDecrypt, BlobDamaged, ValueError):
            return None

    def _own(self, slot: str) -> Own | None:
        """What this very store took; a copy of it took nothing."""
        own = state.read(self._access.store, slot).own
        return own if own is not None and own.place == state.place(self._access.store) else None


def _token(name: str) -> str:
    """What Redis knows of a lease's id: enough to tell it, too little to renew it."""
    return hashlib.sha256(name.encode()).hexdigest() if name else ""
