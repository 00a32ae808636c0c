"""Hold slots while their directories move: nobody else may have them open, with wagit or without."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from wagit.core.locks import HeldLock, holder_of
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.slots import holding, records


def hold_quiet(
    store: Store, slot: str, worktree: str, now: float, *, brief: bool = False, patient: bool = True
) -> HeldLock:
    """Take a slot that no bot has open, also none that was started without wagit.

    Who is not patient is refused by a brief holder, too. Raises NoSuchSlot, SlotBusy, OSError.
    """
    records.read_record(store, slot)  # a slot that is gone is refused before its lock would be made
    other = None if patient else holder_of(store.lock(slot))
    if other is not None and other.brief:
        raise holding.busy(store, slot, other)
    with contextlib.ExitStack() as undo:
        lock = undo.enter_context(holding.hold(store, slot, worktree, now, brief=brief))
        refuse_writers(store, slot, worktree)
        undo.pop_all()
    return lock


def refuse_writers(store: Store, slot: str, worktree: str, hint: str = "stop that program first") -> None:
    """Raise SlotBusy, with that hint, when a program without wagit has the slot open; or NoSuchSlot."""
    driver = registry.get(records.read_record(store, slot).driver)
    for writer in driver.writers(store.data(slot), worktree):
        raise holding.open_in(slot, writer, hint)


@contextlib.contextmanager
def both(
    store: Store, slots: tuple[str, str], worktree: str, now: float, *, patient: bool = True
) -> Iterator[None]:
    """Hold two slots, always in the same order, so that two processes never wait for each other.

    Raises NoSuchSlot, SlotBusy, OSError.
    """
    with contextlib.ExitStack() as held:
        for slot in sorted(set(slots)):
            held.enter_context(hold_quiet(store, slot, worktree, now, brief=True, patient=patient))
        yield
