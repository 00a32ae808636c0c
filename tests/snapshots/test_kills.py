"""A snapshot killed before each of its file-system steps: nothing is lost, and the next one works."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.killing import killed_in_a_fork
from tests.support.snapshots import Kept, Tree, tree
from wagit.core import locks
from wagit.core.locks import HeldLock
from wagit.snapshots import manifest, staging
from wagit.snapshots.create import FEW
from wagit.snapshots.manifest import ID_LENGTH, Manifest


class Killed:
    """A slot whose data changes before each attempt, and all its snapshots with what they must restore to."""

    def __init__(self, path: Path, count: int, first: bool) -> None:
        self.kept = Kept.make(path, {"old": b"old"})
        self.made: list[tuple[Manifest, Tree]] = []
        self._count = count
        self._first = first
        self._round = 0
        if not first:
            self.succeeds()

    def reset(self) -> None:
        """Change the data; where the first snapshot is tried let there be none."""
        self._round += 1
        names = range(self._count)
        self.kept.fill({f"new {name}": b"%d in round %d" % (name, self._round) for name in names})
        if self._first:
            self.made.clear()
            for directory in (self.kept.store.snapshots("dev"), self.kept.store.objects()):
                shutil.rmtree(directory, ignore_errors=True)

    def succeeds(self) -> None:
        """The next snapshot works, has the data, and is the newest."""
        data = tree(self.kept.data)
        done = self.kept.take().snapshot
        assert self.kept.restored(done) == data == tree(self.kept.data)
        assert self.kept.ids()[0] == done.id
        self.made.append((done, data))

    def is_whole(self) -> None:
        """What was there is there and verifies, and nothing that a killed process left outlives a sweep."""
        kept = self.kept
        kept.verifies()
        assert {snapshot.id for snapshot, _ in self.made} <= set(kept.ids())
        for snapshot, data in self.made[-2:]:
            assert kept.restored(snapshot) == data
        staging.sweep(kept.store)
        assert kept.left() == []
        manifests = Path(kept.store.snapshots("dev"))
        assert all(len(path.stem) == ID_LENGTH and path.suffix == ".json" for path in manifests.glob("*"))


@pytest.mark.parametrize("count", [2, FEW + 4], ids=["few objects", "many objects"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_a_killed_snapshot_costs_no_other_and_not_the_data(tmp_path: Path, count: int, first: bool) -> None:
    killed = Killed(tmp_path, count, first)
    deaths = 0
    take = lambda: killed.kept.take().snapshot.id  # noqa: E731
    for ended in killed_in_a_fork(take, tmp_path / "repo", killed.reset):
        deaths += ended.killed
        assert ended.killed or ended.output in map(repr, killed.kept.ids()), ended
        killed.is_whole()
        killed.succeeds()
        killed.is_whole()
    numbers = [header.number for _, header in manifest.listing(killed.kept.store, "dev").snapshots]
    assert len(set(numbers)) == len(numbers)
    assert deaths > 2 * count + 5


def test_an_object_of_a_killed_process_is_made_durable_before_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That process may have been killed between the rename and the fsync of the directory."""
    kept = Kept.make(tmp_path, {"creds.json": b"{}"})
    first = kept.take().snapshot
    os.unlink(kept.path(first))
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    again = kept.take().snapshot
    place = str(kept.object(again, "creds.json").parent)
    manifests = os.path.dirname(kept.path(again))
    assert place in synced
    assert synced.index(place) < synced.index(manifests)


def test_what_was_swept_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept.make(tmp_path, {"creds.json": b"{}"})
    swept: list[int] = []

    def acquire(path: str, wait: float) -> HeldLock:
        if not swept:
            swept.append(0)
            swept[0] = staging.sweep(kept.store)
        return locks.acquire(path, wait=wait)

    monkeypatch.setattr(staging, "acquire", acquire)
    assert kept.take().new
    assert swept == [1]
