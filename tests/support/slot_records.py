"""What wagit knows of a slot, as tests want it: its record, and that its data was found whole."""

from __future__ import annotations

import os
import time
from typing import Any

from tests.support.sessions import Sessions
from wagit.drivers import registry
from wagit.operations.snapshot import selection_of
from wagit.slots import records
from wagit.snapshots import seal as seals


def change(sessions: Sessions, slot: str = "production", **fields: Any) -> None:
    """Change fields of a slot's record."""
    record = records.read_record(sessions.store, slot)
    records.write_record(sessions.store, slot, record._replace(**fields))


def seal(sessions: Sessions, slot: str = "production", checked: float | None = None) -> None:
    """Note that the slot's data, as it is, was read and found whole."""
    data = sessions.store.data(slot)
    seals.settle()
    driver = registry.get(records.read_record(sessions.store, slot).driver)
    states = seals.states(data, selection_of(driver, full=False))
    assert states is not None
    moment = time.time() if checked is None else checked
    seals.write(sessions.store, slot, seals.Seal(moment, os.stat(data).st_ino, None, states))
