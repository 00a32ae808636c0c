"""A lease while a run has it: taken before the session is brought up to date, given back after its push."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from wagit.core.boot_clock import BootClock, SystemBootClock
from wagit.core.errors import WagitError
from wagit.core.locks import HeldLock, acquire, lasting_holder_of
from wagit.core.store import Store
from wagit.operations.context import Context
from wagit.team import fence, lease, state
from wagit.team.access import Access, directory
from wagit.team.head import Request
from wagit.team.keeper import Keeper
from wagit.team.keys import Ask
from wagit.team.leases import Held, LeaseLost, Leases
from wagit.team.remote import RemoteRefused, RemoteUnreachable

if TYPE_CHECKING:
    from wagit.snapshots.manifest import Manifest

CONFIRMED_AFTER = 1.0  # seconds: a bot that starts needs the processor more
TURN = 60.0  # seconds for another run of this store that takes or gives back the same lease


class Ways(NamedTuple):
    """How a run reaches the team: what opens its access and gives leases, what pulls and what pushes.

    `pull` brings a slot up to date that nobody holds, `push` makes a snapshot the team's newest session, for
    None one that it takes itself; both return lines for people.
    """

    access: Callable[[Context, Ask | None], Access]
    leases: Callable[[Access], Leases]
    pull: Callable[[Context, Access, str], tuple[str, ...]]
    push: Callable[[Context, Access, Held, Manifest | None], tuple[str, ...]]
    clock: BootClock = SystemBootClock()


class Told(NamedTuple):
    """Who hears of a lease: one line for people, that it is lost, and by whom it is asked for."""

    notice: Callable[[str], None]
    lost: Callable[[str, LeaseLost], None]
    asked: Callable[[str, str], None]


class Claimed(NamedTuple):
    """A lease, and by what this process' hold on it is told from another one's, see `claim`."""

    held: Held
    claim: str


class Tenure:
    """A slot's lease, kept from now on. `turn` counts the bots that it was had for.

    `dirty`: a bot may have written what is not pushed, and `stale`: nor is it in a snapshot. `left`: its end
    is somebody else's, or time's.
    """

    def __init__(
        self, context: Context, access: Access, leases: Leases, claimed: Claimed, clock: BootClock, told: Told
    ) -> None:
        held = claimed.held
        self.context = context
        self.access = access
        self.slot = held.slot
        self.turn = 0
        self.dirty = False
        self.stale = False
        self.left = False
        self.lost: LeaseLost | None = None
        self.pushing = threading.Lock()
        self._claim = claimed.claim
        self._leases = _Heard(leases, lambda what: told.notice(f"{self.slot}: {what}; what runs goes on"))
        self._told = told
        self._keeper = Keeper(
            self._leases, held, self._is_lost, self._is_asked,
            term=access.team.term, grace=context.config.settings.bot.stop.grace, clock=clock,
        )  # fmt: skip
        self._confirming: threading.Timer | None = None
        self._keeper.start()

    @property
    def held(self) -> Held:
        """The lease as it was renewed last."""
        return self._keeper.held

    def check(self) -> None:
        """Raise LeaseLost unless a bot may run on it now."""
        if self.lost is not None:
            raise self.lost
        if not self._keeper.is_sure():
            raise _lost(f"the lease of slot {self.slot} has not enough time left to start a bot")

    def fence(self) -> None:
        """Keep pushes of who had the lease before out, before anything is pulled: a head's own lease does.

        Raises LeaseLost, LeaseHeld, and what reading and writing a head does.
        """
        if self.access.team.lease_at is not None:
            fence.put(self.access, self.held)

    def renew(self) -> None:
        """Ask the remote whether it is ours still. Raises LeaseLost, RemoteUnreachable, RemoteRefused."""
        try:
            self._leases.renew(self.held)
        except LeaseLost as error:
            self._is_lost(error.message)
            raise

    def confirm(self) -> None:
        """Ask the remote, once its bot has started, whether a lease that was remembered is ours still."""

        def ask() -> None:
            with contextlib.suppress(WagitError, OSError):  # told, and tried again in time by the keeper
                self.renew()

        self._confirming = threading.Timer(CONFIRMED_AFTER, ask)
        self._confirming.daemon = True
        self._confirming.start()

    def stop(self) -> None:
        """Keep it no longer: it lasts until it runs out."""
        if self._confirming is not None:
            self._confirming.cancel()
        self._keeper.stop()

    def note(self, change: Callable[[state.State], state.State]) -> None:
        """Change what this machine knows of the slot. Raises OSError, Locked."""
        state.update(self.access.store, self.slot, change)

    def in_use(self) -> bool:
        """Whether somebody has the slot's lock: another run of this store goes on with the lease."""
        return is_in_use(self.access.store, self.slot)

    def release(self) -> None:
        """Give it back, unless another run has it by now. Raises as `give_back`."""
        self.stop()
        give_back(self.access.store, self._leases, self.held, self._claim)

    def _is_lost(self, why: str) -> None:
        if self.lost is None:
            self.lost = _lost(why)
            self._told.lost(self.slot, self.lost)

    def _is_asked(self, request: Request) -> None:
        self._told.asked(self.slot, lease.who(request))


class _Heard:
    """Leases whose renewals tell once that nobody answers, or that it says no, until one succeeds."""

    def __init__(self, leases: Leases, trouble: Callable[[str], None]) -> None:
        self.look, self.take = leases.look, leases.take
        self.release, self.request = leases.release, leases.request
        self._renew = leases.renew
        self._trouble = trouble
        self._told = False

    def renew(self, held: Held) -> Held:
        """As `Leases.renew`."""
        try:
            new = self._renew(held)
        except (RemoteUnreachable, RemoteRefused) as error:
            if not self._told:
                self._told = True
                self._trouble(f"its lease cannot be renewed for now: {error.message}")
            raise
        self._told = False
        return new


def turn(store: Store, slot: str) -> HeldLock:
    """Taking and giving back a slot's lease is one run's of this store at a time. Raises Locked, OSError."""
    from wagit.core.atomic import make_directory

    make_directory(f"{directory(store)}/turns")
    return acquire(f"{directory(store)}/turns/{slot}.lock", wait=TURN)


def claim(store: Store, slot: str) -> str:
    """Have the slot's lease from now on, whoever of this store had it before: to be called in one's turn.

    Without it a process that ends would give back the lease under another one that has just gone on with it.
    Raises OSError.
    """
    mine = os.urandom(8).hex()
    with open(_claim_path(store, slot), "w", encoding="ascii") as file:  # after a crash nobody asks for it
        file.write(mine)
    return mine


def give_back(store: Store, leases: Leases, held: Held, claimed: str) -> None:
    """Give a lease back, unless another process of this store has claimed it since, or holds the slot.

    Raises RemoteUnreachable, RemoteRefused, Locked, OSError.
    """
    with turn(store, held.slot):
        if _last_claim(store, held.slot) == claimed and not is_in_use(store, held.slot):
            leases.release(held)


def is_in_use(store: Store, slot: str) -> bool:
    """Whether somebody has the slot's lock, and not for a moment only."""
    return lasting_holder_of(store.lock(slot)) is not None


def _last_claim(store: Store, slot: str) -> str:
    try:
        with open(_claim_path(store, slot), encoding="ascii", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _claim_path(store: Store, slot: str) -> str:
    return f"{directory(store)}/turns/{slot}.claim"


def remembered(store: Store, slot: str, term: float, grace: float, clock: BootClock) -> Held | None:
    """The lease that this store has for sure, and has brought the session up to date under; else None."""
    held = state.held(store, slot, clock)
    if held is None or clock.now() >= lease.stop_at(held.until, term, grace):
        return None
    return held if state.read(store, slot).ready == held.id else None


def _lost(why: str) -> LeaseLost:
    return LeaseLost(why, "see who has it: wagit team ls")
