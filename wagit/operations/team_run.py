"""What a run does on slots that the team shares.

Before a bot: the lease, then the team's newest session. While it runs: the lease is kept. After its safe stop
and its snapshot: that is pushed, then the lease given back, beside whatever the run does next.

Every run has it, so it is light: what a lease takes is loaded by the first slot that is shared.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from wagit.bots.assignment import Assignment, Saving
from wagit.bots.events import Asked, Lost
from wagit.core.errors import WagitError
from wagit.operations.context import Context
from wagit.operations.team_access import difference, is_shared

if TYPE_CHECKING:
    from wagit.operations.team_taking import Taking
    from wagit.operations.team_tenure import Tenure, Ways
    from wagit.team.keys import Ask
    from wagit.team.leases import LeaseLost

Tell = Callable[[Lost | Asked], None]


class Sharing:
    """The leases of one run. Safe to use from several threads. `ways` None: the real ones."""

    def __init__(
        self, notice: Callable[[str], None], ways: Ways | None = None, ask: Ask | None = None
    ) -> None:
        self._notice = notice
        self._given = ways
        self._ask = ask
        self._tell: Tell = lambda _: None
        self._lock = threading.RLock()
        self._tenures: dict[str, Tenure] = {}
        self._threads: list[threading.Thread] = []
        self._slot = ""
        self._difference = ""

    @functools.cached_property
    def _ways(self) -> Ways:
        from wagit.operations import team_ways

        return self._given or team_ways.WAYS

    @functools.cached_property
    def _taking(self) -> Taking:
        from wagit.operations.team_taking import Taking

        return Taking()

    def follow(self, tell: Tell) -> None:
        """Tell a supervisor what becomes of the leases."""
        self._tell = tell

    def at(self, slot: str) -> None:
        """The run wants this slot's bot now: the lease of another one is given back after its stop."""
        self._slot = slot

    def enter(
        self, context: Context, slot: str, *, online: bool = False
    ) -> Callable[[], tuple[str, ...]] | None:
        """Have the lease of a slot whose lock is ours, where the team shares it.

        What it returns brings the session up to date, once the lock is let go, and gives lines for people;
        None when nobody can have a newer one. `online`: the remote must answer all the same. Raises
        LeaseHeld, LeaseLost, NoTeam, NotTrusted, NoKey, CannotDecrypt, NotAMember, RemoteUnreachable,
        RemoteRefused; what it returns, as a pull.
        """
        if not is_shared(context, slot) or self._resumed(slot):
            return None
        self._tell_difference(difference(context))
        tenure, known = self._taken(context, slot)
        if known:
            self._confirm(tenure, online=online)
            return None

        def pull() -> tuple[str, ...]:
            tenure.fence()
            lines = self._ways.pull(context, tenure.access, slot)
            ready = tenure.held.id
            tenure.note(lambda old: old._replace(ready=ready))
            return lines

        return pull

    def _confirm(self, tenure: Tenure, *, online: bool) -> None:
        """Ask whether a lease that was only remembered is ours still; nobody waits for it unless `online`."""
        if not online:
            tenure.confirm()
            return
        try:
            tenure.renew()
        except (WagitError, OSError):
            tenure.left = True  # what an earlier run has not pushed may hang on it
            tenure.stop()
            raise

    def tenure(self, slot: str) -> Tenure | None:
        """The lease of a slot, where this run has one."""
        return self._tenures.get(slot)

    def _tell_difference(self, line: str) -> None:
        """Say once that this branch's config names another team than is in effect."""
        if line and line != self._difference:
            self._notice(line)
        self._difference = line

    def _resumed(self, slot: str) -> bool:
        """Go on with a lease that this run has still, as after a restart."""
        with self._lock:
            tenure = self._tenures.get(slot)
            if tenure is None or tenure.lost is not None or tenure.left:
                return False
            tenure.turn += 1
        tenure.check()
        return True

    def _taken(self, context: Context, slot: str) -> tuple[Tenure, bool]:
        """A lease, and whether the session is known to be the newest."""
        from wagit.operations.team_tenure import Claimed, Tenure, Told, claim, remembered, turn
        from wagit.team import lease, state

        access = self._ways.access(context, self._ask)
        leases, term = self._ways.leases(access), access.team.term
        grace = context.config.settings.bot.stop.grace
        with turn(context.store, slot):
            known = remembered(context.store, slot, term, grace, self._ways.clock)
            held = known or self._taking.take(context, access, leases, slot)
            claimed = Claimed(held, claim(context.store, slot))
            told = Told(self._notice, self._lost, self._asked)
            with self._lock:
                tenure = Tenure(context, access, leases, claimed, self._ways.clock, told)
                tenure.dirty = known is not None and state.read(context.store, slot).unpushed
                self._tenures[slot] = tenure
        self._asked(slot, lease.who(held.request) if held.request else "")
        return tenure, known is not None

    def start(self, slot: str) -> None:
        """A bot of the slot is about to start. Raises LeaseLost, OSError."""
        tenure = self._tenures.get(slot)
        if tenure is not None:
            tenure.check()
            tenure.dirty = tenure.stale = True
            tenure.note(lambda old: old._replace(unpushed=True))

    def leave(self, slot: str) -> None:
        """The slot's lock was let go: a lease that no bot ran on is given back, while nobody waits."""
        tenure = self._tenures.get(slot)
        if tenure is not None and not tenure.dirty:
            count = tenure.turn
            self._begin(lambda: self._release(tenure, count))

    def saving(self, assignment: Assignment, why: str, snapshot: Saving) -> Saving:
        """A snapshot of a slot whose bot has stopped, and then the push of it, where the lease is ours."""
        tenure = self._tenures.get(assignment.slot)
        if tenure is None:
            return snapshot
        from wagit.operations.team_saving import SharedSaving

        return SharedSaving(tenure, why, snapshot, self.push, self.keep)

    def push(self, tenure: Tenure, count: int, why: str) -> None:
        """Push after a stop, and give the lease back unless its bot may start again at once."""
        with tenure.pushing:
            if tenure.turn != count or tenure.left or not self._pushed(tenure, count):
                return
        if why == "stop" or self._slot != tenure.slot:
            self._release(tenure, count)

    def _pushed(self, tenure: Tenure, count: int) -> bool:
        """Push what the bot left, or say why not; whether the lease may be given back."""
        from wagit.operations.team_saving import newest_clean

        if tenure.lost is not None:
            self.keep(tenure, f"slot {tenure.slot} is not pushed, as its lease is lost")
            return False
        try:
            newest = None if tenure.stale else newest_clean(tenure.access.store, tenure.slot)
            for line in self._ways.push(tenure.context, tenure.access, tenure.held, newest):
                self._notice(line)
            if tenure.turn == count:
                tenure.dirty = False
                tenure.note(lambda old: old._replace(unpushed=False))
        except (WagitError, OSError) as error:
            self.keep(tenure, f"slot {tenure.slot} is not pushed: {error}")
            return False
        return True

    def keep(self, tenure: Tenure, why: str) -> None:
        """Leave a lease to its time, so that nobody goes on with an older session meanwhile."""
        if tenure.left:
            return
        tenure.left = True
        tenure.stop()
        stays = "" if tenure.lost else f"; its lease stays here for {self._rest(tenure)} at most"
        self._notice(f"{why}{stays}; then: wagit team push {tenure.slot}")

    def _rest(self, tenure: Tenure) -> str:
        from wagit.team import lease

        return lease.span(max(0.0, tenure.held.until - self._ways.clock.now()))

    def _release(self, tenure: Tenure, count: int | None = None) -> None:
        """Give a lease back, unless its next bot is about to start."""
        with self._lock:
            if self._tenures.get(tenure.slot) is not tenure or count not in (None, tenure.turn):
                return
            del self._tenures[tenure.slot]
        try:
            if tenure.lost is None:
                tenure.release()
        except (WagitError, OSError) as error:
            self._notice(
                f"the lease of slot {tenure.slot} could not be given back: {error};"
                f" it runs out in {self._rest(tenure)}"
            )

    def close(self) -> None:
        """The run is over: push what was not, and give all leases back. Waits for that."""
        for thread in self._threads:
            thread.join()
        for tenure in list(self._tenures.values()):
            if tenure.left or tenure.in_use():
                tenure.stop()
                continue
            try:
                if not tenure.dirty or self._pushed(tenure, tenure.turn):
                    self._release(tenure)
            except KeyboardInterrupt:
                self.keep(tenure, f"slot {tenure.slot} is not pushed")
                raise

    def _begin(self, act: Callable[[], None]) -> None:
        thread = threading.Thread(target=act, name="give a lease back", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _lost(self, slot: str, error: LeaseLost) -> None:
        self._tell(Lost(slot, error))

    def _asked(self, slot: str, by: str) -> None:
        self._tell(Asked(slot, by))
