"""Check a slot's data: the fast path by its seal, else every byte. The one way for all verbs and starts."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.integrity.findings import Finding, History, Known, Read, broken, no_read
from wagit.operations.snapshot import selection_of
from wagit.slots import records
from wagit.snapshots import manifest as manifests
from wagit.snapshots import seal as seals
from wagit.snapshots.seal import Seal


class Examined(NamedTuple):
    """What a check found. `fast`: nothing was read, all is as it was `checked` (seconds since the epoch)."""

    findings: tuple[Finding, ...]
    fast: bool
    checked: float

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
    ago. Somebody who writes meanwhile makes the findings doubtful, and no seal. Raises NoSuchSlot.
    """
    driver = registry.get(records.read_record(store, slot).driver)
    data = store.data(slot)
    selection = selection_of(driver, full=False)
    seal = seals.read(store, slot)
    if seal is not None and not seals.is_of(seal, data):
        seal = None
    before = seals.states(data, selection)
    recent = seal is not None and (max_age is None or 0 <= now - seal.checked <= max_age)
    if seal is not None and recent and not deep and before == seal.states:
        return Examined((), fast=True, checked=seal.checked)
    findings = tuple(driver.check(data, history_of(store, slot, seal), read))
    if before and not broken(findings):
        _seal(store, slot, driver, before, seal.snapshot if seal is not None else None, now)
    return Examined(findings, fast=False, checked=now)


def examine_copy(driver: Driver, data: str, history: History, read: Read = no_read) -> tuple[Finding, ...]:
    """Check data that is no slot's: staged, set aside, or anybody's."""
    return tuple(driver.check(data, history, read))


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


def _seal(
    store: Store, slot: str, driver: Driver, before: dict[str, seals.State], snapshot: str | None, now: float
) -> None:
    data = store.data(slot)
    if seals.states(data, selection_of(driver, full=False)) == before:
        with contextlib.suppress(OSError):  # a full disk costs the fast path, nothing else
            seals.write(store, slot, Seal(now, os.stat(data).st_ino, snapshot, before))
