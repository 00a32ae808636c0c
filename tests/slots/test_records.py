"""What is kept about a slot beside its data."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.setup import CONFIG, Setup, data_of, wagit
from wagit.core.store import Store, create
from wagit.slots import records


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return create(str(tmp_path / "wagit"))


def test_an_empty_slot_gets_the_driver_of_who_fills_it(store: Store) -> None:
    records.create_slot(store, "dev", "generic", 1.0)
    records.create_slot(store, "dev", "baileys", 2.0)
    record = records.read_record(store, "dev")
    assert (record.driver, record.created) == ("baileys", 1.0)


def test_a_session_keeps_its_driver(store: Store) -> None:
    records.create_slot(store, "dev", "baileys", 1.0)
    Path(store.data("dev"), "creds.json").touch()
    records.create_slot(store, "dev", "generic", 2.0)
    assert records.read_record(store, "dev").driver == "baileys"


def test_the_driver_is_corrected_in_the_config(tmp_path: Path) -> None:
    """Else a bot of the right library would not be seen, and its data moved under it."""
    setup = Setup.make(tmp_path / "repo")
    setup.repo.write(".wagit.yml", CONFIG.replace("wwebjs", "baileys"))
    assert wagit(setup.path, "use", "--auto").status == 0
    assert data_of(setup.path, "sessions", "show", "production")["session"]["driver"] == "baileys"


def test_a_generation_is_greater_than_any_before() -> None:
    """Also than those that were there before an older snapshot was restored."""
    record = records.SlotRecord("baileys", 1.0, generation=5, newest=9)
    assert record.newest_generation == 9
    opened = record.opened()
    assert (opened.generation, opened.newest_generation, opened.starts) == (10, 10, 1)
    assert opened.opened().generation == 11
