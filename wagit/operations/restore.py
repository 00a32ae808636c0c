"""Put a snapshot's files back: into the slot, all at once, or anywhere else.

Into the slot: the files are written out and checked in a private directory; what is there now becomes a
snapshot of its own; then the two directories change places. A crash leaves the old data or the new, whole.
Data that cannot be read is not discarded but set aside in quarantine: it lies there from the very moment
in which the new takes its place.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.core.locks import HeldLock
from wagit.drivers import registry
from wagit.integrity.findings import NO_HISTORY, Finding, broken
from wagit.operations.context import Context
from wagit.operations.examine import examine_copy
from wagit.operations.restore_choice import Found, manifest_of, matching, notices, record_after, same_login
from wagit.operations.restore_damage import broken_contents, broken_snapshot
from wagit.operations.restore_files import carry_over, write
from wagit.operations.restore_put import Deed, put, seal
from wagit.operations.snapshot import Ask, NothingToSnapshot, take
from wagit.slots import holding, records
from wagit.slots.inspect import has_files
from wagit.slots.quiet import refuse_writers
from wagit.slots.records import SlotRecord
from wagit.snapshots import manifest as manifests
from wagit.snapshots import seal as seals
from wagit.snapshots.manifest import Manifest
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.scan import CannotSnapshot
from wagit.snapshots.staging import Staging

# These say that there is no room or no right to write here, nothing about the data that was read.
NOT_THE_DATA = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class Restored(NamedTuple):
    """What was restored, or would be. `taken` is when the snapshot was, RFC 3339; `size` in bytes.

    `replaced` is the snapshot of what was there, `aside` where that is now if it could not be read. `to`
    is the directory it was written to instead of the slot; `paths` are the single files asked for.
    """

    slot: str
    snapshot: str
    taken: str
    tag: str
    files: int
    size: int
    paths: tuple[str, ...]
    to: str | None
    replaces: bool
    replaced: str | None
    aside: str | None
    notices: tuple[str, ...]
    dry_run: bool


def restore(
    context: Context,
    slot: str,
    snapshot: str | None = None,
    *,
    progress: Progress = no_progress,
    dry_run: bool = False,
    cause: str = "restore",
) -> Restored:
    """Make a slot's data the snapshot's, the newest clean one unless another is named.

    A slot that is gone is made anew. Raises SlotBusy, NoSuchSnapshot, OnlyHot, AmbiguousSnapshot, OSError,
    DamagedSnapshot, BrokenSnapshot; nothing has changed then but for a snapshot of what is there.
    """
    return _Restoring(context, slot, snapshot, (), cause, named=True).run(progress, dry_run=dry_run)


def restore_paths(  # noqa: PLR0913  # each says one thing of the restore
    context: Context,
    slot: str,
    snapshot: str | None,
    paths: Sequence[str],
    *,
    progress: Progress = no_progress,
    named: bool = True,
    cause: str = "restore",
) -> Restored:
    """Make what `paths` match in a slot's data as it was in the snapshot; the rest stays. All for no paths.

    What matches and the snapshot does not have goes. All of it changes at once. A snapshot that nobody
    `named` must hold a whole session. Raises NoSuchFile, and as `restore`.
    """
    restoring = _Restoring(context, slot, snapshot, tuple(paths), cause, named=named)
    return restoring.run(progress, dry_run=False)


def preview(context: Context, slot: str, snapshot: str | None, paths: Sequence[str]) -> Restored:
    """What `restore_paths` would do; the snapshot is not read. Raises as it does."""
    restoring = _Restoring(context, slot, snapshot, tuple(paths), "restore", named=True)
    return restoring.run(no_progress, dry_run=True)


class _Restoring:
    """One restore into a slot."""

    def __init__(
        self,
        context: Context,
        slot: str,
        snapshot: str | None,
        paths: tuple[str, ...],
        cause: str,
        *,
        named: bool,
    ) -> None:
        self._context = context
        self._store = context.store
        self._slot = slot
        self._data = context.store.data(slot)
        self._wanted, self._passed = manifest_of(context, slot, snapshot)
        self._paths = paths
        self._cause = cause
        self._named = named and snapshot is not None
        self._hint = f"stop that program first; or write it elsewhere: wagit restore {slot} --to DIR"

    def run(self, progress: Progress, *, dry_run: bool) -> Restored:
        there = records.exists(self._store, self._slot)
        if there:
            self._refuse_who_has_it()
        found = self._outlook(there, dry_run)
        if dry_run:
            return found
        with Staging(self._store) as staging, contextlib.ExitStack() as held:
            if there:
                held.enter_context(self._hold())
            prepared = staging.new_name()
            self._prepare(prepared, progress)
            if not there:  # made once it is known that there is something to put into it
                records.create_slot(self._store, self._slot, self._wanted.header.driver, self._now())
                held.enter_context(self._hold())
            return self._put(prepared, found)

    def _outlook(self, there: bool, dry_run: bool) -> Restored:
        now = Found(self._record(there))
        if there:
            driver = registry.get(now.record.driver)
            identity = driver.identity(self._data)
            account, device = (identity.account, identity.device) if identity else (None, None)
            now = Found(now.record, account, device, driver.backend(self._data))
        told = outcome(self._wanted, self._paths, None, dry_run=dry_run)
        return told._replace(
            replaces=there and has_files(self._data),
            notices=(
                *self._passed,
                *notices(self._wanted, now),
                *same_login(self._store, self._slot, self._wanted.header),
            ),
        )

    def _record(self, there: bool) -> SlotRecord:
        """The slot's record; where nothing has opened it yet, its snapshots know how far it once was."""
        record = SlotRecord(self._wanted.header.driver, self._now())
        if there:
            record = records.read_record(self._store, self._slot)
        if record.newest_generation > 0:
            return record
        known = manifests.listing(self._store, self._slot).snapshots
        return record._replace(newest=max((header.generation for _, header in known), default=0))

    def _refuse_who_has_it(self) -> None:
        holder = holding.in_use_by(self._store, self._slot)
        if holder is not None:
            raise holding.busy(self._store, self._slot, holder)
        refuse_writers(self._store, self._slot, self._context.repo.worktree, self._hint)

    def _hold(self) -> HeldLock:
        return holding.hold(self._store, self._slot, self._context.repo.worktree, self._now(), brief=True)

    def _now(self) -> float:
        return self._context.clock.now()

    def _prepare(self, prepared: str, progress: Progress) -> None:
        """Write what the data is to be to the new directory `prepared`."""
        os.mkdir(prepared, mode=0o700)
        if not self._paths:
            write(self._store, self._wanted, self._wanted.entries, prepared, progress)
            return
        selection, entries = matching(self._wanted, self._paths)
        carry_over(self._data, prepared, selection, [entry.path for entry in entries])
        write(self._store, self._wanted, entries, prepared, progress)

    def _put(self, prepared: str, found: Restored) -> Restored:
        """Let what was prepared and the slot's data change places."""
        whole = self._findings(prepared)
        replaced, unreadable = self._keep()
        more: dict[str, object] = {"paths": self._paths} if self._paths else {}
        record = None if self._paths else record_after(self._record(there=True), self._wanted.header)
        deed = Deed("restore", self._cause, self._wanted.id, replaced, record, more)
        aside = put(self._context, self._slot, prepared, deed, aside=unreadable, hint=self._hint)
        if whole is not None and not broken(whole):
            seal(self._context, self._slot, whole, self._wanted.id)
        notices = found.notices if whole is None else (*found.notices, *broken_contents(self._wanted, whole))
        return found._replace(replaced=replaced, aside=aside, notices=notices)

    def _findings(self, prepared: str) -> tuple[Finding, ...] | None:
        """What is wrong with the snapshot's contents; None where it is not restored whole.

        What the seal names was checked when it was taken: that its bytes are the same the hashes tell.
        Raises BrokenSnapshot when something costs the login and nobody named this snapshot.
        """
        if self._paths:
            return None
        seal = seals.read(self._store, self._slot)
        if seal is not None and seal.current and seal.snapshot == self._wanted.id:
            return seal.warnings
        found = examine_copy(registry.get(self._wanted.header.driver), prepared, NO_HISTORY)
        if broken(found) and not self._named:
            raise broken_snapshot(self._wanted, found)
        return found

    def _keep(self) -> tuple[str | None, bool]:
        """Snapshot what is there; tell its id, and whether there is something that could not be read."""
        ask = Ask("restore", self._now(), held=True)
        try:
            return take(self._context.repo, self._store, self._slot, ask).snapshot.id, False
        except NothingToSnapshot:
            return None, has_files(self._data)
        except CannotSnapshot:
            return None, True
        except OSError as error:
            if error.errno in NOT_THE_DATA:
                raise
            return None, True


def outcome(wanted: Manifest, paths: Sequence[str], to: str | None, *, dry_run: bool) -> Restored:
    """What a restore tells before anything is known of the slot. Raises NoSuchFile."""
    entries = matching(wanted, paths)[1] if paths else wanted.entries
    files = [entry for entry in entries if entry.kind == "file"]
    header = wanted.header
    return Restored(
        header.slot, wanted.id, rfc3339(header.time), header.tag, len(files),
        sum(entry.size for entry in files), tuple(paths), to, False, None, None, (), dry_run,
    )  # fmt: skip
