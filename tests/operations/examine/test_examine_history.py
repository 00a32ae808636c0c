"""The snapshot that a seal names is the history of the next check, while the data goes on from it."""

from __future__ import annotations

import os

import pytest

from tests.support.checks import Checks, look, swap_directories
from tests.support.snapshots import Kept
from wagit.operations import examine as examining
from wagit.operations.examine import name_snapshot
from wagit.snapshots import manifest
from wagit.snapshots import seal as seals


def test_the_seal_names_the_snapshot_that_the_data_is(kept: Kept, checks: Checks) -> None:
    """Its files are the history of the next check, also when the data has moved on since."""
    taken = kept.take().snapshot
    look(kept)
    name_snapshot(kept.store, "dev", taken)
    (kept.data / "keys/1").write_bytes(b"more")
    look(kept)
    kept.settle()
    look(kept, deep=True)
    known = {entry.path: (entry.size, entry.digest) for entry in taken.entries if entry.kind == "file"}
    assert checks.histories == [{}, known, known]


def test_a_snapshot_of_other_data_is_not_named(kept: Kept, checks: Checks) -> None:
    taken = kept.take().snapshot
    (kept.data / "keys/1").write_bytes(b"One")
    kept.settle()
    look(kept)
    name_snapshot(kept.store, "dev", taken)
    look(kept, deep=True)
    assert checks.histories == [{}, {}]


@pytest.mark.usefixtures("checks")
def test_files_written_anew_with_the_same_contents_are_the_snapshots(kept: Kept) -> None:
    taken = kept.take().snapshot
    (kept.data / "keys/1").write_bytes(b"one")
    kept.settle()
    look(kept)
    name_snapshot(kept.store, "dev", taken)
    found = seals.read(kept.store, "dev")
    assert found is not None
    assert found.snapshot == taken.id


@pytest.mark.usefixtures("checks")
def test_data_that_changes_is_not_named_after_a_snapshot(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = kept.take().snapshot
    look(kept)
    monkeypatch.setattr(examining, "_is_of", lambda *_: (kept.data / "keys/1").write_bytes(b"111"))
    name_snapshot(kept.store, "dev", taken)
    found = seals.read(kept.store, "dev")
    assert found is not None
    assert found.snapshot is None


def test_a_history_that_was_pruned_is_none(kept: Kept, checks: Checks) -> None:
    taken = kept.take().snapshot
    look(kept)
    name_snapshot(kept.store, "dev", taken)
    os.unlink(manifest.path_of(kept.store, "dev", taken.id))
    look(kept, deep=True)
    assert checks.histories == [{}, {}]


def test_data_that_took_its_place_has_no_history(kept: Kept, checks: Checks) -> None:
    taken = kept.take().snapshot
    look(kept)
    name_snapshot(kept.store, "dev", taken)
    swap_directories(kept.data)
    look(kept)
    assert checks.histories == [{}, {}]
