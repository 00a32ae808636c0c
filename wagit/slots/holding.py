"""The right to write a slot: its lock, held by one process tree at a time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

from wagit.core.errors import WagitError
from wagit.core.locks import HeldLock, Holder, Locked, acquire, lasting_holder_of
from wagit.core.processes import ProcessId, host_name, is_alive, this_process
from wagit.core.store import Store
from wagit.drivers import proc
from wagit.drivers.base import Writer
from wagit.slots import left_behind
from wagit.slots.swap import complete


class SlotBusy(WagitError):
    """Another process holds the slot."""

    code = "slot-busy"
    exit_status = 11


BRIEFLY = 30.0  # seconds to wait for a restore or the like, which ends by itself


def hold(  # noqa: PLR0913  # each says one thing of the holder
    store: Store,
    slot: str,
    worktree: str,
    now: float,
    *,
    yields: bool = False,
    brief: bool = False,
    control: str = "",
) -> HeldLock:
    """Take the slot for this process and whoever inherits the lock, and complete a swap that was cut short.

    A holder that yields, an automatic snapshot, is killed at once; a brief one is waited for, BRIEFLY at
    most; one that only keeps a browser warm is asked to let go. Who yields itself does none of it. `control`
    is where this process can be asked for that. Raises SlotBusy, naming the holder.
    """
    me = this_process()
    holder = Holder(me.host, me.pid, me.started, _command(sys.argv), worktree, now, yields, brief, control)
    try:
        held = _acquire(store, slot, holder)
    except Locked as locked:
        raise busy(store, slot, locked.holder) from None
    try:
        complete(store, slot)
    except BaseException:
        held.release()
        raise
    return held


def _acquire(store: Store, slot: str, me: Holder) -> HeldLock:
    try:
        return acquire(store.lock(slot), me)
    except Locked as locked:
        other = locked.holder
        if me.yields or other is None or not (other.yields or other.brief or lets_go(other, slot)):
            raise
        if other.yields:
            _end(other, store.lock(slot))
        return acquire(store.lock(slot), me, wait=BRIEFLY)


def lets_go(holder: Holder, slot: str) -> bool:
    """Whether the holder, asked for it, let go of the slot; it may be this very process."""
    if not holder.control:
        return False
    from wagit.core.control import NoSupervisor, ask

    try:
        return ask(holder.control, {"op": "release", "slot": slot}).get("ok") is True
    except NoSupervisor:
        return False


def _end(holder: Holder, lock: str) -> None:
    """Kill a holder that yields: whatever it did is swept later, and its lock is free once it is gone.

    That it is the one tells the lock that it has open; its start time does not, once the clock was set.
    """
    if holder.host != host_name() or holder.pid == os.getpid():
        return
    if os.path.realpath(lock) in proc.open_files(holder.pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(holder.pid, getattr(signal, "SIGKILL", signal.SIGTERM))  # also when it is suspended


def _command(arguments: list[str]) -> str:
    """What the user typed, as far as it tells programs apart: `wagit run`."""
    program = os.path.basename(arguments[0]).removesuffix(".py")
    verb = next((word for word in arguments[1:] if not word.startswith("-")), "")
    return f"{'wagit' if program == '__main__' else program} {verb}".rstrip()


def busy(store: Store, slot: str, holder: Holder | None) -> SlotBusy:
    """Word the error for a slot that `holder` has, or what a killed holder left running."""
    who = str(holder) if holder else "another process"
    if holder is not None and _is_dead(holder, store.lock(slot)):
        left = [pid for pid in proc.pids() if os.path.realpath(store.lock(slot)) in proc.open_files(pid)]
        named = ", ".join(f"{proc.command(pid)} (pid {pid})" for pid in left)
        who = f"{named or 'a process'}, which a killed {holder.command!r} left running"
    return SlotBusy(
        f"slot {slot} is in use by {who}; WhatsApp allows one writer a login",
        "stop that one first, or use another slot: wagit use SLOT",
    )


def _is_dead(holder: Holder, lock: str) -> bool:
    """Its start time alone does not tell: it is another one once the clock was set."""
    runs = is_alive(ProcessId(holder.host, holder.pid, holder.started))
    return runs is False and not left_behind.holds(holder.pid, lock)


def open_in(slot: str, writer: Writer, hint: str = "stop that program first") -> SlotBusy:
    """Word the error for a slot that a program has open without wagit."""
    return SlotBusy(f"slot {slot} is open in {writer}", hint)


def in_use_by(store: Store, slot: str) -> Holder | None:
    """Who holds the slot and does not let go of it when asked to."""
    found = holder(store, slot)
    return None if found is not None and lets_go(found, slot) else found


def holder(store: Store, slot: str) -> Holder | None:
    """Who holds the slot for longer than a moment; None when nobody does."""
    return lasting_holder_of(store.lock(slot))
