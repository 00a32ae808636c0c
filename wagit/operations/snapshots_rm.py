"""Remove snapshots by name. For a day they can be had back: see `snapshots.aside`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wagit.core import journal
from wagit.core.errors import WagitError
from wagit.operations.context import Context
from wagit.snapshots import manifest as manifests
from wagit.snapshots.aside import GRACE, set_aside
from wagit.snapshots.manifest import Listing
from wagit.snapshots.resolve import resolve


class LastGoodCopy(WagitError):
    """The newest clean snapshot is the one to fall back on; it is removed only on demand."""

    code = "last-good-copy"


class Removal(NamedTuple):
    """The snapshots that were removed, or would be; for `kept_for` seconds `undo` brings them back."""

    slot: str
    snapshots: tuple[str, ...]
    kept_for: float
    dry_run: bool


def chosen(context: Context, slot: str, texts: Iterable[str], *, force: bool = False) -> tuple[str, ...]:
    """The ids that are meant, each once, also of damaged snapshots.

    Raises NoSuchSnapshot, AmbiguousSnapshot, and LastGoodCopy unless `force`.
    """
    known = manifests.listing(context.store, slot)
    now = context.clock.now()
    ids = tuple(dict.fromkeys(resolve(known, text, now, slot) for text in texts))
    best = _best(known)
    if best in ids and not force:
        raise LastGoodCopy(
            f"snapshot {best} is the newest clean one of slot {slot}: nothing better could be restored",
            "take another first: wagit snapshot; or say it with --force",
        )
    return ids


def remove(context: Context, slot: str, ids: tuple[str, ...], *, dry_run: bool = False) -> Removal:
    """Set snapshots aside. Raises NoSuchSnapshot, OSError."""
    done = Removal(slot, ids, GRACE, dry_run)
    if dry_run:
        return done
    detail = {"slot": slot, "snapshots": list(ids)}
    operation = journal.Operation(
        context.clock.now(), "prune", context.repo.worktree, None, "snapshots rm", detail
    )
    journal.record(context.store, operation)
    set_aside(context.store, slot, *ids)
    return done


def _best(known: Listing) -> str | None:
    """The snapshot to fall back on: the newest clean one, else the newest."""
    clean = [one for one, header in known.snapshots if header.tag == "clean"]
    return next(iter(clean or [one for one, _ in known.snapshots]), None)
