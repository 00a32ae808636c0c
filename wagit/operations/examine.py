"""Check a slot's data: the fast path by its seal, else every byte. The one way for all verbs and starts."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from wagit.core.copying import hash_of
from wagit.core.errors import WagitError
from wagit.core.opening import open_to_read
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.integrity.findings import Finding, History, Known, Read, broken, no_read
from wagit.operations.snapshot import selection_of
from wagit.slots import records
from wagit.snapshots import manifest as manifests
from wagit.snapshots import seal as seals
from wagit.snapshots.manifest import Entry, Manifest
from wagit.snapshots.seal import Seal, State


class Examined(NamedTuple):
    """What a check found. `fast`: nothing was read, all is as it was `checked` (seconds since the epoch).

    Not `steady`: somebody wrote meanwhile, which makes the findings doubtful.
    """

    findings: tuple[Finding, ...]
    fast: bool
    checked: float
    steady: bool = True

    @property
    def broken(self) -> bool:
        """Whether a bot must not open the data as it is."""
        return broken(self.findings)


def examine(
    store: Store,
    slot: str,
    now: float,
    *,
    deep: bool = False,
    max_age: float | None = None,
    read: Read = no_read,
) -> Examined:
    """Check a slot's data, and seal it when all of it was read and is whole.

    The fast path is left when `deep` is asked for, or the last full check is more than `max_age` seconds
    ago. Raises NoSuchSlot.
    """
    driver = registry.get(records.read_record(store, slot).driver)
    data = store.data(slot)
    selection = selection_of(driver, full=False)
    seal = seals.of_data(store, slot)
    before = seals.states(data, selection)
    if seal is not None and not deep and before == seal.states and _is_recent(seal, now, max_age):
        return Examined(seal.warnings, fast=True, checked=seal.checked)
    findings = tuple(driver.check(data, history_of(store, slot, seal), read))
    after = seals.states(data, selection)
    if broken(findings):
        _unseal(store, slot, seal)
    elif before and before == after and seals.is_settled(before):
        known = seal.snapshot if seal is not None else None
        seals.affix(store, slot, Seal(now, 0, known, before, findings), selection)
    return Examined(findings, fast=False, checked=now, steady=seals.are_same(before, after))


def examine_copy(driver: Driver, data: str, history: History, read: Read = no_read) -> tuple[Finding, ...]:
    """Check data that is no slot's: staged, set aside, or anybody's."""
    return tuple(driver.check(data, history, read))


def name_snapshot(store: Store, slot: str, taken: Manifest) -> None:
    """Have the seal name a snapshot of the data, if what it seals still is that. Raises NoSuchSlot."""
    seal = seals.of_data(store, slot)
    if seal is None or seal.snapshot == taken.id or not _is_of(taken, store.data(slot), seal.states):
        return
    driver = registry.get(records.read_record(store, slot).driver)
    if seals.states(store.data(slot), selection_of(driver, full=False)) == seal.states:
        with contextlib.suppress(OSError):
            seals.write(store, slot, seal._replace(snapshot=taken.id))


def history_of(store: Store, slot: str, seal: Seal | None) -> History:
    """The files of the newest snapshot that the slot's data was known to equal; empty without one.

    Data moves on from there, so this tells of files that only grow, or never change once written.
    """
    if seal is None or seal.snapshot is None:
        return {}
    with contextlib.suppress(WagitError, OSError):
        wanted = manifests.read(store, slot, seal.snapshot)
        return {e.path: Known(e.size, e.digest) for e in wanted.entries if e.kind == "file"}
    return {}


def _unseal(store: Store, slot: str, seal: Seal | None) -> None:
    """What is sealed is broken, though nobody changed it: of the seal only the snapshot's name counts."""
    if seal is not None and seal.current:
        try:
            seals.write(store, slot, seal._replace(current=False))
        except OSError:
            seals.lift(store, slot)


def _is_recent(seal: Seal, now: float, max_age: float | None) -> bool:
    """Whether what the seal says still counts; it was not made in what the clock now calls the future."""
    return seal.current and (max_age is None or 0 <= now - seal.checked <= max_age)


def _is_of(taken: Manifest, data: str, found: dict[str, State]) -> bool:
    """Whether the files are a snapshot's: by their states, else by their contents."""
    entries = {entry.path: entry for entry in taken.entries if entry.kind == "file"}
    if found.keys() != entries.keys():
        return False
    return all(state == entries[path].state or _holds(data, entries[path]) for path, state in found.items())


def _holds(data: str, entry: Entry) -> bool:
    try:
        descriptor = open_to_read(os.path.join(data, entry.path))
    except OSError:
        return False
    try:
        return os.fstat(descriptor).st_size == entry.size and hash_of(descriptor) == entry.digest
    except OSError:
        return False
    finally:
        os.close(descriptor)
