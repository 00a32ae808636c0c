"""A snapshot of a shared slot whose bot has stopped, and the push that follows it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wagit.bots.assignment import Saved, Saving
from wagit.core.store import Store
from wagit.operations.team_tenure import Tenure
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import Manifest

Push = Callable[[Tenure, int, str], None]
"""Pushes what the bot of that turn left, stopped for that reason, and may give the lease back."""
Keep = Callable[[Tenure, str], None]
"""Leaves the lease to its time, and says why."""


class SharedSaving:
    """Both, as one `Saving`: what a run waits for before it ends."""

    def __init__(self, tenure: Tenure, why: str, snapshot: Saving, push: Push, keep: Keep) -> None:
        self._tenure = tenure
        self._turn = tenure.turn
        self._why = why
        self._snapshot = snapshot
        self._push, self._keep = push, keep
        self._over = threading.Event()

    def wait(self) -> Saved:
        """Return what came of the snapshot once it is pushed, too, or somebody does not wait for that."""
        saved = self._snapshot.wait()
        if saved.problem:
            self._keep(self._tenure, f"slot {self._tenure.slot} is not pushed")
        elif not saved.cut and not self._over.is_set():  # else who wanted the slot goes on with the lease
            self._tenure.stale = self._tenure.turn != self._turn
            threading.Thread(target=self._run, name=f"push {self._tenure.slot}", daemon=True).start()
            self._over.wait()
        return saved

    def cancel(self) -> None:
        """End it at once; the lease stays until it runs out."""
        self._keep(self._tenure, f"slot {self._tenure.slot} is not pushed")
        self._snapshot.cancel()
        self._over.set()

    def _run(self) -> None:
        try:
            self._push(self._tenure, self._turn, self._why)
        finally:
            self._over.set()


def newest_clean(store: Store, slot: str) -> Manifest | None:
    """The newest clean snapshot of a slot. Raises DamagedSnapshot."""
    found = manifests.listing(store, slot).snapshots
    newest = next((one for one, header in found if header.tag == "clean"), None)
    return manifests.read(store, slot, newest) if newest is not None else None
