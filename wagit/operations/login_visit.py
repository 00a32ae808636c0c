"""Open a slot's login in the built-in browser for a while, with all the care that a run takes."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

from wagit.bots import builtin
from wagit.bots.builtin import BotEvent, Ended
from wagit.bots.builtin_stop import Stop
from wagit.browser.launch import plan
from wagit.browser.watch import StateChanged
from wagit.core.errors import WagitError
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.drivers.profile import ProfilesDriver
from wagit.integrity.findings import worst
from wagit.operations import before_start, bot_events, cleanup, orphans, recover
from wagit.operations.context import Context
from wagit.operations.examine import examine, name_snapshot
from wagit.operations.snapshot import Ask, NothingToSnapshot, take
from wagit.slots import holding, records
from wagit.snapshots import seal as seals

Pull = Callable[[], tuple[str, ...]]
"""Brings a slot that nobody holds up to date, and gives lines for people."""


class BrokenAfterwards(WagitError):
    """What the browser left is damaged: it was killed, or the disk is full."""

    code = "broken-afterwards"
    exit_status = 12


class SeveralProfiles(WagitError):
    """A slot holds the sessions of several clients, so that it is not clear which one is meant."""

    code = "several-profiles"


def driver_of(context: Context, slot: str) -> Driver:
    """The driver of a slot. Raises NoSuchSlot."""
    return registry.get(records.read_record(context.store, slot).driver)


def has_profile(context: Context, slot: str) -> bool:
    """Whether a browser of wagit's own can open the slot's session. Raises NoSuchSlot."""
    return isinstance(driver_of(context, slot), ProfilesDriver)


def profile_of(context: Context, slot: str) -> str:
    """The user-data-dir that the slot's bot opens, there or not. Raises SeveralProfiles."""
    driver, data = driver_of(context, slot), context.store.data(slot)
    found = driver.profiles(data)
    if len(found) > 1:
        raise SeveralProfiles(
            f"slot {slot} holds {len(found)} sessions: {', '.join(found)}",
            "only its bot knows which one is meant: wagit run",
        )
    return driver.session_path(data)


@contextlib.contextmanager
def held(
    context: Context, slot: str, notice: Callable[[str], None], enter: Callable[[], Pull | None]
) -> Iterator[None]:
    """Hold a slot whose session is in order, as before a bot's start; note afterwards what was told.

    `enter` takes the lease of a slot that others share. Raises as that, and as `Job.take` does: SlotBusy,
    WrongAccount, TwinBusy, RecoveryOff, RecoveryFailed, TookTooLong.
    """
    store, now = context.store, context.clock.now()
    said = (*orphans.end(context, slot), *before_start.receive(context, slot))
    lock = holding.hold(store, slot, context.repo.worktree, now)
    try:
        orphans.close_browsers(context, slot)
        pull = enter()
        if pull is not None:  # which takes the lock for as long as it needs that
            lock.release()
            said = (*said, *pull())
            lock = holding.hold(store, slot, context.repo.worktree, now)
        for line in (*said, *recover.recover(context, slot), *before_start.admit(context, slot)):
            notice(line)
    except BaseException:
        lock.release()
        raise
    last = functools.partial(cleanup.at_exit, context, slot)
    with bot_events.TellingLock(lock, store, slot, context.clock, last):
        yield


def browse(
    context: Context,
    slot: str,
    on_event: Callable[[BotEvent], object],
    stop: Stop,
    *,
    headless: bool | None = True,
    pair: str | None = None,
) -> Ended:
    """Run the built-in bot on a held slot until `stop`.

    Raises as `builtin.run`, and NoBrowser, BadArguments.
    """
    path = bot_events.path_of(context.store, slot)

    def told(event: BotEvent) -> None:
        if isinstance(event, StateChanged) and event.state in (bot_events.READY, bot_events.LOGGED_OUT):
            bot_events.tell(path, event.state, event.since)
        on_event(event)

    launch = plan(context.environ, headless)
    return builtin.run(profile_of(context, slot), launch, told, stop, context.clock, pair)


def keep(context: Context, slot: str, why: str) -> str | None:
    """Check what the browser left, snapshot it clean, and return that snapshot's id; None for nothing.

    The slot is held. Raises BrokenAfterwards, CannotSnapshot, OSError.
    """
    store = context.store
    bot_events.close(store, slot, context.clock.now())
    seals.settle()
    found = examine(store, slot, context.clock.now())
    if found.broken:
        raise BrokenAfterwards(
            f"slot {slot} is broken after its browser was closed: {worst(found.findings).said}",
            f"put it in order: wagit repair {slot}",
        )
    try:
        taken = take(context.repo, store, slot, Ask(why, context.clock.now(), held=True))
    except NothingToSnapshot:
        return None
    name_snapshot(store, slot, taken.snapshot)
    with contextlib.suppress(WagitError, OSError):  # `wagit snapshots prune` says what is wrong
        cleanup.after_snapshot(context, slot, new=taken.new, stopped=True)
    return taken.snapshot.id
