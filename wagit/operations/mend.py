"""Mend a slot's data: on a copy, checked again, then swapped in. What was there is set aside whole.

A snapshot of broken data could be taken for a good one, so none is taken.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from wagit.core.copying import sync_file_system
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.integrity.findings import Finding, broken, worst
from wagit.operations.context import Context
from wagit.operations.examine import examine_copy, history_of
from wagit.operations.mend_copy import apply, drop_stale, is_stale_lock, refuse_hopeless
from wagit.operations.mend_files import CannotMend
from wagit.operations.restore import NOT_THE_DATA
from wagit.operations.restore_files import carry_over
from wagit.operations.restore_put import Deed, put, seal
from wagit.operations.restore_verified import until
from wagit.slots import records
from wagit.slots.inspect import size_of
from wagit.snapshots import seal as seals
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.selection import select
from wagit.snapshots.staging import Staging

__all__ = ["CannotMend", "Mended", "mend", "preview"]


TURNS = 3


class Mended(NamedTuple):
    """What was mended, or would be: the findings' codes, and in words what was done and what is lost.

    `aside` is where the data from before is; null when nothing but dead locks went, and with a dry run.
    """

    slot: str
    codes: tuple[str, ...]
    done: tuple[str, ...]
    lost: tuple[str, ...]
    aside: str | None
    dry_run: bool


def mend(
    context: Context,
    slot: str,
    findings: Sequence[Finding],
    *,
    cause: str = "repair",
    deadline: float | None = None,
    progress: Progress = no_progress,
) -> Mended:
    """Mend what was found in a slot's data, which the caller holds.

    A dead `Singleton*` goes in place; all else is done to a copy, which must be whole then. `deadline` is on
    the clock's `monotonic`. Logged as `repair`, undone by `wagit undo`. Raises CannotMend, TookTooLong,
    SlotBusy, OSError; nothing has changed then.
    """
    due = _due(findings)
    if all(is_stale_lock(found) for found in due):
        return Mended(slot, _codes(due), drop_stale(context.store.data(slot), due), (), None, dry_run=False)
    return _Mending(context, slot, due, cause, until(context.clock, deadline), progress).run(dry_run=False)


def preview(
    context: Context, slot: str, findings: Sequence[Finding], progress: Progress = no_progress
) -> Mended:
    """What `mend` would do, tried on a copy. Raises CannotMend, OSError."""
    due = _due(findings)
    if all(is_stale_lock(found) for found in due):
        return Mended(slot, _codes(due), tuple(f"drop {found.file}" for found in due), (), None, dry_run=True)
    return _Mending(context, slot, due, "", until(context.clock, None), progress).run(dry_run=True)


def _due(findings: Sequence[Finding]) -> list[Finding]:
    refuse_hopeless(findings)
    return [found for found in findings if found.mend in ("cut", "drop", "rebuild")]


def _codes(due: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.code for found in due))


@contextlib.contextmanager
def _about_the_data() -> Iterator[None]:
    """Raise CannotMend for what can be neither read nor copied; a full disk is another matter."""
    try:
        yield
    except shutil.Error as several:  # of a tree; each is the source, the target and the reason
        raise CannotMend(str(several.args[0][0][2])) from several
    except OSError as error:
        if error.errno in NOT_THE_DATA:
            raise
        raise CannotMend(str(error)) from error


class _Mending:
    """One copy that is mended and takes the data's place."""

    def __init__(
        self,
        context: Context,
        slot: str,
        due: Sequence[Finding],
        cause: str,
        in_time: Callable[[], None],
        progress: Progress,
    ) -> None:
        self._context = context
        self._slot = slot
        self._data = context.store.data(slot)
        self._driver: Driver = registry.get(records.read_record(context.store, slot).driver)
        self._due = list(due)
        self._done: tuple[str, ...] = ()
        self._lost: tuple[str, ...] = ()
        self._cause = cause
        self._in_time = in_time
        self._progress = progress
        self._seal = seals.of_data(context.store, slot)  # names the snapshot that the data goes on from

    def run(self, *, dry_run: bool) -> Mended:
        with Staging(self._context.store) as staging:
            copy = staging.new_name()
            os.mkdir(copy, mode=0o700)
            with _about_the_data():
                carry_over(self._data, copy, select(self._driver.never, ()), ())
            self._in_time()
            left = self._apply(copy)
            sync_file_system(copy)
            self._in_time()
            told = Mended(self._slot, _codes(self._due), self._done, self._lost, None, dry_run)
            return told if dry_run else told._replace(aside=self._put(copy, told, left))

    def _apply(self, copy: str) -> tuple[Finding, ...]:
        """Mend the copy; return what is left, warnings at most. Raises CannotMend, OSError.

        What was not readable before may show damage of its own, so there are some turns.
        """
        due, left = self._due, tuple(self._due)
        for _ in range(TURNS):
            with _about_the_data():
                applied = apply(self._context.store, self._slot, self._driver, copy, due)
            self._done += applied.done
            self._lost += applied.lost
            left = self._check(copy)
            if not broken(left):
                return left
            due = _due(left)
            self._due = [*self._due, *due]
        raise CannotMend(f"it is broken still once it is mended: {worst(left).what}")

    def _check(self, copy: str) -> tuple[Finding, ...]:
        """Read the copy once more."""
        total, done = size_of(copy), 0

        def read(count: int) -> None:
            nonlocal done
            done += count
            self._in_time()
            self._progress(min(done, total), total)

        return examine_copy(self._driver, copy, history_of(self._context.store, self._slot, self._seal), read)

    def _put(self, copy: str, told: Mended, left: tuple[Finding, ...]) -> str | None:
        deed = Deed("repair", self._cause, more={"mended": told.codes})
        aside = put(self._context, self._slot, copy, deed, aside=True)
        seal(self._context, self._slot, left, self._seal.snapshot if self._seal is not None else None)
        return aside
