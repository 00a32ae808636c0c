"""What a killed wagit left running on a slot is ended by the next command that wants the slot.

That is a bot, which has the slot's lock from a `wagit run` that is dead; and a browser without its bot. A bot
that runs without wagit, or without its parent on purpose, has no such lock: it is left alone, and named.
"""

from __future__ import annotations

import contextlib
import os

from wagit.core.locks import Locked, acquire, last_holder
from wagit.drivers import folder, proc, registry
from wagit.operations.context import Context
from wagit.operations.which import which
from wagit.slots import holding, left_behind, records
from wagit.slots.left_behind import LeftBehind

_PATIENCE = 60.0  # seconds for another command that ends the same ones


def end(context: Context, slot: str | None = None) -> tuple[str, ...]:
    """Safely end what a killed wagit left running on a slot; return what was ended, a line each.

    The slot is this worktree's, unless one is named; one that is not there has nothing running.

    The browser goes first, as in every safe stop. Nothing is touched while the slot's holder lives, nor what
    is another user's or another host's: who takes the slot then is told of it. The slot must not be held by
    the caller. Raises BrowserStays, OSError.
    """
    slot = which(context).slot if slot is None else slot
    if slot not in records.slot_names(context.store):
        return ()
    said = _end_bots(context, slot)
    if _orphans(context, slot):
        with contextlib.suppress(holding.SlotBusy), _held(context, slot):
            said += close_browsers(context, slot)
    return said


def end_here(context: Context) -> tuple[str, ...]:
    """The same for every slot that a run in this worktree took last: its bots, and browsers it kept warm."""
    said: tuple[str, ...] = ()
    for slot in records.slot_names(context.store):
        holder = last_holder(context.store.lock(slot))
        if holder is not None and holder.worktree == context.repo.worktree:
            said += end(context, slot)
    return said


def close_browsers(context: Context, slot: str) -> tuple[str, ...]:
    """Close browsers that outlived their bot; return what was closed. The slot must be held.

    Raises SlotBusy for any other program that has the slot open, BrowserStays.
    """
    from wagit.browser.stop import close_browser

    orphans = _orphans(context, slot)
    said = []
    driver = registry.get(records.read_record(context.store, slot).driver)
    for writer in driver.writers(context.store.data(slot), context.repo.worktree):
        if writer.pid not in orphans or writer.host:
            raise holding.open_in(slot, writer, "stop that program first; WhatsApp allows one writer a login")
        if close_browser(orphans[writer.pid]).how != "not-running":
            said.append(f"closed a browser on slot {slot} that outlived its bot: pid {writer.pid}")
    return tuple(said)


def _end_bots(context: Context, slot: str) -> tuple[str, ...]:
    if left_behind.find(context.store.lock(slot)) is None:
        return ()
    with contextlib.suppress(Locked), acquire(_turn(context, slot), wait=_PATIENCE):
        left = left_behind.find(context.store.lock(slot))  # another command may have ended them
        return () if left is None else (_end(context, slot, left),)
    return ()


def _turn(context: Context, slot: str) -> str:
    """The lock of who ends them: a second one could close the browser of the bot that comes next."""
    return os.path.join(context.store.staging(), f"{slot}.orphans")


def _end(context: Context, slot: str, left: LeftBehind) -> str:
    from wagit.bots.leftover import LeftBot, LeftFamily
    from wagit.bots.stop import SlotBrowsers, Stopper

    lock = context.store.lock(slot)
    named = ", ".join(f"{proc.command(pid)} (pid {pid})" for pid in left.first())
    bot = LeftBot(LeftFamily(left.pids, lambda pid: left_behind.holds(pid, lock)))
    browsers = SlotBrowsers(lambda: _profiles(context, slot))
    stopped = Stopper(bot, browsers, context.config.settings.bot.stop.grace).run()
    problem = f"; {stopped.problem}" if stopped.problem else ""
    stays = f"; {stopped.left} of its processes do not end, not even by SIGKILL" if stopped.left else ""
    return f"ended what a killed {left.holder.command!r} left running on slot {slot}: {named}{problem}{stays}"


def _held(context: Context, slot: str) -> contextlib.AbstractContextManager[object]:
    return holding.hold(context.store, slot, context.repo.worktree, context.clock.now(), brief=True)


def _profiles(context: Context, slot: str) -> list[str]:
    data = context.store.data(slot)
    driver = registry.get(records.read_record(context.store, slot).driver)
    return driver.profile_paths(data)


def _orphans(context: Context, slot: str) -> dict[int, str]:
    """The browsers that have a profile of the slot open though their bot is gone, with that profile."""
    from wagit.browser.profile import browser_of

    open_in = {profile: browser_of(profile) for profile in _profiles(context, slot)}
    return {
        browser.pid: profile
        for profile, browser in open_in.items()
        if browser is not None and _is_orphan(browser.pid)
    }


def _is_orphan(pid: int) -> bool:
    """Whether the bot that started a browser is gone: then init, or a subreaper, is its parent.

    In a container the bot itself may be process 1.
    """
    import psutil

    try:
        parent = psutil.Process(pid).parent()
    except psutil.Error:
        return True
    if parent is not None and parent.pid == 1:
        program = os.path.basename("".join(proc.arguments(1)[:1]))
        return not program.startswith((*folder.RUNTIMES, "python"))
    return parent is None or "systemd" in parent.name()
