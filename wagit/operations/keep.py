"""Snapshot a held slot before it is touched; what cannot be read stands in nobody's way."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.operations import snapshot
from wagit.operations.context import Context
from wagit.snapshots.reading import Progress, no_progress


class Kept(NamedTuple):
    """The id of the snapshot, or in one sentence why there is none; neither for an empty slot."""

    snapshot: str | None = None
    problem: str = ""


def keep(context: Context, slot: str, why: str, progress: Progress = no_progress) -> Kept:
    """Snapshot a slot that the caller holds, `why` as in a snapshot's header. Raises nothing.

    Who goes on without a snapshot must neither delete nor overwrite the data.
    """
    ask = snapshot.Ask(why, context.clock.now(), held=True)
    try:
        taken = snapshot.take(context.repo, context.store, slot, ask, progress)
    except snapshot.NothingToSnapshot:
        return Kept()
    except (WagitError, OSError) as error:
        text = error.message if isinstance(error, WagitError) else str(error)
        return Kept(problem=f"no snapshot of slot {slot} could be taken: {text}")
    return Kept(taken.snapshot.id)
