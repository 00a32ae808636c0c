"""Keep sessions fresh without their bots: open each for as long as WhatsApp needs to bring it up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from wagit.bots.builtin import BotEvent
from wagit.bots.builtin_stop import Stop
from wagit.browser.states import PageState
from wagit.browser.watch import StateChanged
from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.operations import health_facts, login_visit, offline, team_access, team_visit, team_ways
from wagit.operations.context import Context
from wagit.operations.health_facts import Facts
from wagit.operations.login import Interrupted
from wagit.operations.snapshots import live_slot
from wagit.operations.team_tenure import Ways
from wagit.operations.team_visit import Visit as SharedVisit
from wagit.slots import holding, records, twins
from wagit.slots.inspect import age_of
from wagit.slots.twins import Twin
from wagit.team.keys import Ask as Passphrase
from wagit.team.leases import LeaseHeld

QUIET = 5.0  # seconds after ready in which a session settles
WITHIN = 120.0  # seconds until a session must be ready

Outcome = Literal["ready", "busy", "behind", "unlinked", "logged-out", "failed"]
OK: frozenset[Outcome] = frozenset({"ready", "busy", "behind"})


class Refreshed(NamedTuple):
    """What became of one slot; `why` says it where it is not `ready`, `do` what helps.

    `behind`: another slot has the same login with newer keys, and opening this one would set them back.

    `last_ready` is RFC 3339 UTC; `snapshot` the one that was taken or that is the same.
    """

    slot: str
    outcome: Outcome
    last_ready: str | None
    snapshot: str | None
    why: str
    do: str


class Pace(NamedTuple):
    """Seconds: how long a session may take to be ready, and how long it is left open then."""

    within: float = WITHIN
    quiet: float = QUIET


_PACE = Pace()


def chosen(context: Context, slots: list[str], *, stale: bool = False, everywhere: bool = False) -> list[str]:
    """The slots that are meant: those named, else this worktree's; with `stale` or `everywhere` all linked
    ones of which a browser can open the session, `stale` only those that have not been ready lately.

    Raises NoSuchSlot, BadSlotName.
    """
    if slots:
        return [live_slot(context, slot) for slot in dict.fromkeys(slots)]
    if not (stale or everywhere):
        return [live_slot(context, None)]
    facts = health_facts.gather(context, None)
    return [
        one.slot for one in facts
        if one.identity is not None and login_visit.has_profile(context, one.slot)
        and not (stale and _age(context, one) == "fresh")
    ]  # fmt: skip


def _age(context: Context, facts: Facts) -> str:
    return age_of(facts.last_ready, context.clock.now(), context.config.settings.health)


def refresh(
    context: Context,
    slots: list[str],
    notice: Callable[[str], None],
    pace: Pace = _PACE,
    ask: Passphrase | None = None,
) -> Iterator[Refreshed]:
    """Refresh one slot after the other, and yield what became of each.

    `ask` asks for the passphrase of the user's key, where a slot is shared. Raises Interrupted, and where all
    are shared NoTeam, NotTrusted, NoKey, CannotDecrypt, NotAMember.
    """
    ways = team_visit.one_access(team_ways.WAYS)
    if slots and all(team_access.is_shared(context, slot) for slot in slots):
        ways.access(context, ask)
    with offline.test_mode(context, notice) as extra:
        within = context._replace(environ={**context.environ, **extra})
        for slot in slots:
            yield _refresh(within, slot, _Way(notice, pace, ways, ask))


class _Way(NamedTuple):
    """What all slots have in common."""

    notice: Callable[[str], None]
    pace: Pace
    ways: Ways
    ask: Passphrase | None


def _refresh(context: Context, slot: str, way: _Way) -> Refreshed:
    done = Refreshed(slot, "failed", None, None, "", "")
    try:
        return _passed_over(context, done) or _opened(context, done, way)
    except Interrupted:
        raise
    except WagitError as error:
        busy = isinstance(error, LeaseHeld) or error.exit_status == holding.SlotBusy.exit_status
        return done._replace(outcome="busy" if busy else "failed", why=error.message, do=error.hint)
    except OSError as error:
        return done._replace(why=str(error), do="make room, or mend what is named, then try again")


def _passed_over(context: Context, done: Refreshed) -> Refreshed | None:
    """Why a slot's session is not to be opened at all, if so."""
    store, slot = context.store, done.slot
    driver = login_visit.driver_of(context, slot)
    if not login_visit.has_profile(context, slot):
        return done._replace(why=f"a session of {driver.title} has no browser", do="run its bot: wagit run")
    identity = driver.identity(store.data(slot))
    if identity is None:
        return None
    known = [Twin(one, records.read_record(store, one)) for one in twins.others(store, slot, identity)]
    ahead = twins.newer(known, records.read_record(store, slot))
    if ahead is None:
        return None
    why = f"slot {ahead.slot} has the same login and was opened since"
    return done._replace(outcome="behind", why=why, do=f"wagit refresh {ahead.slot}")


def _opened(context: Context, done: Refreshed, way: _Way) -> Refreshed:
    slot = done.slot
    with (
        team_visit.visit(context, slot, way.notice, way.ask, way.ways) as shared,
        login_visit.held(context, slot, way.notice, shared.enter),
    ):
        if not login_visit.driver_of(context, slot).is_linked(context.store.data(slot)):
            return done._replace(outcome="unlinked", why="it is not linked", do=f"wagit login {slot}")
        visit = _Visit(way.pace)
        visit.run(context, slot, shared)
        snapshot = login_visit.keep(context, slot, "refresh") if visit.was_ready else None
        shared.saved = snapshot is not None
        if shared.lost is not None:
            raise shared.lost
        ready = records.read_record(context.store, slot).last_ready
        at = rfc3339(ready) if ready is not None else None
        return visit.told(done._replace(snapshot=snapshot, last_ready=at))


_GONE: dict[PageState, tuple[str, str]] = {
    "conflict": ("another browser or bot opened its session", "stop that one"),
    "terms-blocked": (
        "WhatsApp blocks the account, or asks to accept its terms",
        "open WhatsApp on the phone",
    ),
    "outdated-browser": ("WhatsApp wants a newer browser", "update Chromium"),
    "proxy-blocked": ("WhatsApp does not accept this network", "use another network"),
}


class _Visit:
    """One session in the browser."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._stop = Stop()
        self._state: PageState = "booting"
        self._timer = threading.Timer(pace.within, self._finish)
        self._finished = False
        self.was_ready = False

    def run(self, context: Context, slot: str, shared: SharedVisit) -> None:
        """Stay until the session is up to date, or cannot be, or its lease is lost. Raises Interrupted."""
        shared.open(self._stop)
        self._timer.start()
        try:
            login_visit.browse(context, slot, self._told, self._stop)
        finally:
            self._timer.cancel()
        if self._stop.requested and not self._finished and shared.lost is None:
            raise Interrupted(f"the refresh of slot {slot} was interrupted", "go on: wagit refresh --stale")

    def _told(self, event: BotEvent) -> None:
        if not isinstance(event, StateChanged):
            return
        self._state = event.state
        if event.state == "ready" and not self.was_ready:
            self.was_ready = True
            self._timer.cancel()
            self._timer = threading.Timer(self._pace.quiet, self._finish)
            self._timer.start()
        elif event.state in ("qr", "logged-out", *_GONE):
            self._finish()

    def _finish(self) -> None:
        self._finished = True
        self._stop.request()

    def told(self, done: Refreshed) -> Refreshed:
        """What became of it."""
        slot = done.slot
        if self._state == "logged-out":
            return done._replace(outcome="logged-out", why="WhatsApp logged it out", do=f"wagit login {slot}")
        if self._state == "qr":
            return done._replace(outcome="unlinked", why="WhatsApp asks for a scan", do=f"wagit login {slot}")
        if self._state in _GONE:
            why, do = _GONE[self._state]
            return done._replace(why=why, do=do)
        if self.was_ready:
            return done._replace(outcome="ready")
        late = f"it was not ready within {self._pace.within:g} s"
        return done._replace(
            why=late if self._finished else "the browser ended", do=f"look: wagit login {slot} --window"
        )
