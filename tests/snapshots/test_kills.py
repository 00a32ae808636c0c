"""A snapshot killed before each of its file-system steps: nothing is lost, and the next one works."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.killing import killed_in_a_fork
from tests.support.snapshots import Kept, Tree, tree
from wagit.core import copying, locks
from wagit.core.locks import HeldLock
from wagit.snapshots import create, manifest, staging
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
        for snapshot, data in self.made[-1:]:
            assert kept.restored(snapshot) == data
        staging.sweep(kept.store)
        assert kept.left() == []
        manifests = Path(kept.store.snapshots("dev"))
        assert all(len(path.stem) == ID_LENGTH and path.suffix == ".json" for path in manifests.glob("*"))


@pytest.mark.parametrize("count", [2, FEW + 1], ids=["few objects", "many objects"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_a_killed_snapshot_costs_no_other_and_not_the_data(quick_path: Path, count: int, first: bool) -> None:
    killed = Killed(quick_path, count, first)
    deaths = 0
    take = lambda: killed.kept.take().snapshot.id  # noqa: E731
    for ended in killed_in_a_fork(take, quick_path / "repo", killed.reset):
        deaths += ended.killed
        assert ended.killed or ended.output in map(repr, killed.kept.ids()), ended
        killed.is_whole()
        killed.succeeds()
    killed.is_whole()
    numbers = [header.number for _, header in manifest.listing(killed.kept.store, "dev").snapshots]
    assert len(set(numbers)) == len(numbers)
    assert deaths > 2 * count + 5


class Watched:
    """What is made durable and what gets a name, in order: `sync PATH` and `name PATH`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        fsync, replace, sync_all = os.fsync, os.replace, copying.sync_file_system

        def synced(descriptor: int) -> None:
            fsync(descriptor)
            self.said.append(f"sync {os.readlink(f'/proc/self/fd/{descriptor}')}")

        def all_synced(path: str) -> None:
            sync_all(path)
            self.said.append("sync all")

        def replaced(source: str, target: str) -> None:
            self.said.append(f"name {source}")
            replace(source, target)
            self.said.append(f"named {target}")

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(os, "replace", replaced)
        monkeypatch.setattr(create, "sync_file_system", all_synced)

    def is_before(self, first: str, second: str) -> bool:
        """Whether `first`, or a sync of all, was said before the first `second`."""
        before = self.said[: self.said.index(second)]
        return first in before or (first.startswith("sync") and "sync all" in before)


@pytest.mark.parametrize("count", [2, FEW + 1], ids=["few objects", "many objects"])
def test_what_gets_a_name_is_durable_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    kept = Kept.make(tmp_path, {f"{number}": b"%d" % number for number in range(count)})
    watched = Watched(monkeypatch)
    snapshot = kept.take().snapshot
    names = [said.partition(" ")[2] for said in watched.said if said.startswith("name ")]
    assert len(names) == count + 1
    for name in names:
        assert watched.is_before(f"sync {name}", f"name {name}")
    manifest_named = f"named {kept.path(snapshot)}"
    last_object = max(i for i, said in enumerate(watched.said) if "named" in said and "/objects/" in said)
    rest = watched.said[last_object : watched.said.index(f"name {names[-1]}")]
    for entry in snapshot.entries:
        place = kept.object(snapshot, entry.path).parent
        assert {f"sync {place}", "sync all"} & set(rest)
    assert watched.said[watched.said.index(manifest_named) + 1] == f"sync {kept.path(snapshot).parent}"


def test_an_object_of_a_killed_process_is_made_durable_before_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That process may have been killed between the rename and the fsync of the directory."""
    kept = Kept.make(tmp_path, {"creds.json": b"{}"})
    os.unlink(kept.path(kept.take().snapshot))
    watched = Watched(monkeypatch)
    again = kept.take().snapshot
    place = kept.object(again, "creds.json").parent
    assert watched.is_before(f"sync {place}", f"named {kept.path(again)}")


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
