"""Take a snapshot of a slot. Light: the process that a switch starts for it loads no config.

The slot is held only while its files are read; making them durable needs the copies alone.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from wagit.core import journal
from wagit.core.repository import Repository
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.operations.snapshot_facts import commit_of, examine
from wagit.routing.binding import read_binding
from wagit.slots import holding, records
from wagit.snapshots import check, create, renaming
from wagit.snapshots.create import Collected
from wagit.snapshots.manifest import Entry, Header, Manifest, Tag
from wagit.snapshots.reading import Progress, Reading, no_progress, read
from wagit.snapshots.scan import CannotSnapshot, changing, scan
from wagit.snapshots.selection import Selection, select
from wagit.snapshots.staging import Staging

_OR_HOT = "stop that program first; or take it as it is: wagit snapshot --hot"


class NothingToSnapshot(CannotSnapshot):
    """The slot is empty."""

    code = "nothing-to-snapshot"


class Ask(NamedTuple):
    """What is asked for. `why`: `asked`, `switch`, `stop`, `timer`, `restore`, `move`, `adopt`, `remove`, …

    `full` takes all the data, not the essential alone. `hot` allows a copy beside a live writer. `held`
    tells that the caller holds the slot and may let its data go: every byte of the snapshot is read then,
    and what is damaged is copied anew. `yields` lets a bot that wants the slot end this process.
    `branch` is the one that the slot was used on, where the worktree has another slot by now.
    """

    why: str
    now: float
    message: str = ""
    full: bool = False
    hot: bool = False
    held: bool = False
    yields: bool = False
    branch: str | None = None


class Taken(NamedTuple):
    """A snapshot, and whether it is new: nothing is written when nothing changed since the last one."""

    snapshot: Manifest
    new: bool
    added: int  # bytes of new objects


class Preview(NamedTuple):
    """What a snapshot would have: sizes in bytes, `added` those of files that may have changed."""

    last: Manifest | None
    tag: Tag
    files: int
    size: int
    added: int


def take(repo: Repository, store: Store, slot: str, ask: Ask, progress: Progress = no_progress) -> Taken:
    """Snapshot a slot: clean when nobody writes it, hot beside a live writer where that is allowed.

    Raises NoSuchSlot, SlotBusy when it is in use and `hot` is not allowed, Changing, CannotSnapshot,
    Locked, OSError.
    """
    renaming.complete(store)
    return _Taking(repo, store, slot, ask, progress).run()


def preview(repo: Repository, store: Store, slot: str, ask: Ask) -> Preview:
    """Tell what `take` would do now, by the files' states alone; nothing is locked, read or written.

    Raises as `take` does for a slot that is gone, empty or in use.
    """
    return _Taking(repo, store, slot, ask).preview()


class _Taking:
    """One snapshot in the making."""

    def __init__(
        self, repo: Repository, store: Store, slot: str, ask: Ask, progress: Progress = no_progress
    ) -> None:
        self._repo = repo
        self._store = store
        self._slot = slot
        self._ask = ask
        self._progress = progress
        self._record = records.read_record(store, slot)
        self._driver = registry.get(self._record.driver)
        self._data = store.data(slot)
        self._last = create.newest(store, slot)

    def run(self) -> Taken:
        with Staging(self._store) as staging, contextlib.suppress(Collected):
            return self._run(staging)
        with Staging(self._store) as staging:  # what was collected meanwhile is read again
            return self._run(staging, afresh=True)

    def preview(self) -> Preview:
        holder = holding.holder(self._store, self._slot)
        if holder is not None and not self._ask.hot:
            raise _busy(holding.busy(self._store, self._slot, holder))
        alone = holder is None and self._writer_is_absent()
        files = [entry for entry in scan(self._data, self._selection()) if entry.kind == "file"]
        if not files:
            raise self._nothing()
        last = self._last.manifest
        known = {(e.path, e.state) for e in last.entries if e.inode} if last else set()
        due = [entry.size for entry in files if (entry.path, entry.state) not in known]
        size = sum(entry.size for entry in files)
        return Preview(last, "clean" if alone else "hot", len(files), size, sum(due))

    def _run(self, staging: Staging, *, afresh: bool = False) -> Taken:
        reading, header = self._read_held(staging, afresh)
        if header is None:
            assert self._last.manifest is not None
            return Taken(self._last.manifest, new=False, added=0)
        added = sum({e.digest: e.size for e in reading.entries if e.digest in reading.fresh}.values())
        done = create.commit(self._store, header, reading, self._last, staging)
        self._log(done)
        return Taken(done, new=True, added=added)

    def _read_held(self, staging: Staging, afresh: bool) -> tuple[Reading, Header | None]:
        """Read the data while nobody else may write it; no header when nothing changed."""
        with self._hold() as held:
            alone = held and self._writer_is_absent()
            reading = self._read(staging, afresh)
            alone = alone and self._writer_is_absent()
            if not reading.steady and not self._ask.hot:
                raise changing(os.path.join(self._data, reading.changed[0]))
            return reading, self._header(reading, "clean" if alone and reading.steady else "hot")

    @contextlib.contextmanager
    def _hold(self) -> Iterator[bool]:
        """Hold the slot unless the caller does; yields False where somebody else does and that is allowed."""
        if self._ask.held:
            yield True
            return
        try:
            lock = holding.hold(
                self._store, self._slot, self._repo.worktree, self._ask.now,
                yields=self._ask.yields, brief=not self._ask.yields,
            )  # fmt: skip
        except holding.SlotBusy as busy:
            if not self._ask.hot:
                raise _busy(busy) from None
            yield False
            return
        with lock:
            self._record = records.read_record(self._store, self._slot)  # its holder may have counted
            yield True

    def _writer_is_absent(self) -> bool:
        """Whether nobody has the data open without wagit. Raises SlotBusy where hot is not allowed."""
        for writer in self._driver.writers(self._data, self._repo.worktree):
            if not self._ask.hot:
                raise holding.open_in(self._slot, writer, _OR_HOT)
            return False
        return True

    def _read(self, staging: Staging, afresh: bool) -> Reading:
        known = None if afresh else self._known()
        reading = read(self._store, self._data, self._selection(), known, staging, self._progress)
        if not any(entry.kind == "file" for entry in reading.entries):
            raise self._nothing()
        return reading

    def _known(self) -> dict[str, Entry]:
        """The last snapshot's entries. Who holds the slot may let the data go: then all objects are read."""
        last = self._last.manifest
        if last is None:
            return {}
        sound = check.sound(self._store, last) if self._ask.held else last.entries
        return {entry.path: entry for entry in sound}

    def _selection(self) -> Selection:
        return selection_of(self._driver, full=self._ask.full)

    def _nothing(self) -> NothingToSnapshot:
        return NothingToSnapshot(f"slot {self._slot} has no session yet", "link a device: wagit run")

    def _header(self, reading: Reading, tag: Tag) -> Header | None:
        """What is known of the snapshot; None when it would say the same as the last one."""
        old, record, ask = self._last.manifest, self._record, self._ask
        same = old is not None and create.is_same(reading.entries, old.entries)
        if same and old is not None and not ask.message:
            header = old.header
            told = (header.tag, header.full, header.generation)
            mends = any(entry.digest in reading.fresh for entry in reading.entries)
            if told == (tag, ask.full, record.generation) and not mends and create.is_kept(self._store, old):
                return None
        branch, commit = self._origin()
        files = [entry for entry in reading.entries if entry.kind == "file"]
        header = Header(
            slot=self._slot, number=0, time=ask.now, tag=tag, why=ask.why, message=ask.message,
            full=ask.full, driver=record.driver, generation=record.generation,
            branch=branch, commit=commit,
            account=record.account, device=record.device, browser=record.browser, backend=None,
            files=len(files), size=sum(entry.size for entry in files),
        )  # fmt: skip
        if same and old is not None:  # what was read from it then is still so
            known = old.header
            return header._replace(
                account=known.account, device=known.device, browser=known.browser, backend=known.backend
            )
        return examine(self._driver, self._data, header)

    def _origin(self) -> tuple[str | None, str | None]:
        """The branch that the slot is or was used on in this worktree, and the branch's commit."""
        binding, left = read_binding(self._repo), self._ask.branch
        if binding is not None and binding.slot == self._slot:
            return binding.branch, commit_of(self._repo, "HEAD")
        return left, commit_of(self._repo, f"refs/heads/{left}") if left is not None else None

    def _log(self, done: Manifest) -> None:
        detail = {"slot": self._slot, "snapshot": done.id, "tag": done.header.tag}
        operation = journal.Operation(
            self._ask.now, "snapshot", self._repo.worktree, done.header.branch, self._ask.why, detail
        )
        journal.record(self._store, operation)


def selection_of(driver: Driver, *, full: bool) -> Selection:
    """What of a session's files belongs into a snapshot."""
    return select(("*",) if full else driver.essential, driver.never)


def _busy(found: holding.SlotBusy) -> holding.SlotBusy:
    return holding.SlotBusy(found.message, _OR_HOT)
