"""What a bot left is checked once its snapshot is there, in nobody's way."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import eventually
from tests.support.setup import Setup
from tests.support.snapshots import Kept
from wagit.bots.assignment import Saved
from wagit.core import journal
from wagit.core.repository import find
from wagit.core.store import Store
from wagit.drivers.generic import Generic
from wagit.integrity.findings import Finding
from wagit.operations import after_stop, after_switch, damage, snapshot_check
from wagit.operations.snapshot_process import main
from wagit.slots import holding
from wagit.snapshots import manifest
from wagit.snapshots import seal as seals

KEYS = {"creds.json": b"{}", "keys/1": b"one"}
CONFIG = "version: 1\ndriver: generic\ndefault: dev\n"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    kept = Kept.make(tmp_path, KEYS)
    kept.settle()
    return kept


def finds(monkeypatch: pytest.MonkeyPatch, *severities: Any, do: Callable[[], object] = lambda: None) -> None:
    """Have each check do something and find that."""
    found = [Finding(f"a-{each}", each, "keys/1", 3, "what", "effect", None, "") for each in severities]

    def check(*_: object) -> list[Finding]:
        do()
        return found

    monkeypatch.setattr(Generic, "check", check)


def logged(store: Store) -> list[dict[str, Any]]:
    return [one.detail for one in journal.read(store) if one.verb == damage.FAILED]


def sealed(store: Store, slot: str = "dev") -> str | None:
    """The snapshot that the slot's seal names."""
    seal = seals.read(store, slot)
    return seal.snapshot if seal is not None else None


@pytest.mark.parametrize("begin", ["switch", "stop"])
def test_what_was_left_is_sealed(tmp_path: Path, begin: str) -> None:
    setup = Setup.make(tmp_path / "repo")
    store = Store(str(setup.store))
    file = Path(store.data("production")) / "session/Default/Local Storage/leveldb/note"
    file.parent.mkdir(parents=True)
    file.write_text("x")
    command = after_switch.command(find(str(setup.path)), "production", begin, "main")
    saved = after_stop.SnapshotProcess(command, os.environ).wait()
    assert saved.snapshot
    eventually(lambda: logged(store) or sealed(store, "production") == saved.snapshot)


def test_the_outcome_does_not_wait_for_the_check(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    finds(monkeypatch, do=lambda: os.read(reading, 1))
    taken = kept.take().snapshot
    snapshot_check.begin(kept.store, taken, kept.repo.worktree)
    assert sealed(kept.store) is None
    os.write(writing, b"x")
    eventually(lambda: sealed(kept.store) == taken.id)
    os.wait()
    os.close(reading)
    os.close(writing)


@pytest.fixture
def stuck(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A check that has begun and does not end; a descriptor that is at its end when the process is."""
    begun, begins = os.pipe()
    never, _keeps = os.pipe()
    finds(monkeypatch, do=lambda: (os.write(begins, b"x"), os.read(never, 1)))
    taken = kept.take().snapshot
    snapshot_check.begin(kept.store, taken, kept.repo.worktree)
    os.close(begins)
    assert os.read(begun, 1) == b"x"
    yield begun
    os.wait()


def test_who_takes_the_slot_ends_the_check(kept: Kept, stuck: int) -> None:
    assert not select.select([stuck], [], [], 0)[0]
    with holding.hold(kept.store, "dev", "/", 0.0):
        assert os.read(stuck, 1) == b""  # it has ended
    assert sealed(kept.store) is None


def test_what_is_broken_is_logged_and_not_sealed(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, "warning", "loss", "fatal", "loss")
    taken = kept.take().snapshot
    snapshot_check.check(kept.store, taken, kept.repo.worktree)
    assert logged(kept.store) == [{"slot": "dev", "snapshot": taken.id, "codes": ["a-fatal", "a-loss"]}]
    assert sealed(kept.store) is None
    assert kept.ids() == [taken.id]  # it may be all there is


def test_a_warning_is_no_failure(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, "warning")
    taken = kept.take().snapshot
    snapshot_check.check(kept.store, taken, kept.repo.worktree)
    assert (logged(kept.store), sealed(kept.store)) == ([], taken.id)


def test_who_writes_meanwhile_is_no_failure(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, "fatal", do=lambda: (kept.data / "keys/1").write_bytes(b"new"))
    snapshot_check.check(kept.store, kept.take().snapshot, kept.repo.worktree)
    assert (logged(kept.store), sealed(kept.store)) == ([], None)


def test_a_slot_that_is_removed_meanwhile(kept: Kept) -> None:
    taken = kept.take().snapshot
    os.rename(kept.store.slot("dev"), kept.store.slot("dev") + ".gone")
    snapshot_check.check(kept.store, taken, kept.repo.worktree)
    assert logged(kept.store) == []


def test_it_is_read_once(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot of data that was checked before only gives the seal its name."""
    read: list[int] = []
    finds(monkeypatch, do=lambda: read.append(1))
    taken = kept.take().snapshot
    for _ in range(3):
        snapshot_check.check(kept.store, taken, kept.repo.worktree)
    assert (len(read), sealed(kept.store)) == (1, taken.id)
    again = kept.take(message="another").snapshot
    assert again.id != taken.id
    snapshot_check.check(kept.store, again, kept.repo.worktree)
    assert (len(read), sealed(kept.store)) == (1, again.id)


def test_only_clean_snapshots(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a live writer nothing is checked."""
    begun: list[str] = []
    monkeypatch.setattr(snapshot_check, "begin", lambda *given: begun.append(given[1].id))
    monkeypatch.setattr("wagit.operations.snapshot_process._detach", lambda: None)
    monkeypatch.setattr("os.nice", lambda _: 0)
    with holding.hold(kept.store, "dev", "/", 0.0):
        assert main([kept.repo.worktree, "dev", "timer", ""]) == 0
    assert begun == []
    [(_, header)] = manifest.listing(kept.store, "dev").snapshots
    assert header.tag == "hot"
    assert main([kept.repo.worktree, "dev", "stop", ""]) == 0
    assert begun == [manifest.listing(kept.store, "dev").snapshots[0][0]]


def test_nothing_new_is_checked_too(kept: Kept, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    begun: list[str] = []
    monkeypatch.setattr(snapshot_check, "begin", lambda *given: begun.append(given[1].id))
    monkeypatch.setattr("wagit.operations.snapshot_process._detach", lambda: None)
    taken = kept.take().snapshot
    assert main([kept.repo.worktree, "dev", "stop", ""]) == 0
    assert (begun, Saved().snapshot in capsys.readouterr().out) == ([taken.id], True)
