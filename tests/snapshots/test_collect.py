"""Objects that nothing names go; what a snapshot names stays, whoever writes or dies meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.killing import killed_in_a_fork
from tests.support.snapshots import NOW, Kept
from wagit.core.locks import HeldLock
from wagit.core.store import Store
from wagit.operations.snapshot import Ask, take
from wagit.slots import records
from wagit.snapshots import aside, check, manifest, objects
from wagit.snapshots.aside import GRACE, Waiting, bring_back, set_aside
from wagit.snapshots.collect import Collection, collect
from wagit.snapshots.manifest import DamagedSnapshot, Manifest, NoSuchSnapshot
from wagit.snapshots.staging import Staging

ONE = b"one" * 1000
TWO = b"two" * 1000


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept.make(tmp_path, {"same": b"same", "file": ONE})


def two(kept: Kept) -> tuple[Manifest, Manifest]:
    """Two snapshots that share an object, and have one each to themselves."""
    first = kept.take().snapshot
    kept.fill({"file": TWO})
    return first, kept.take().snapshot


def objects_in(store: Store) -> set[str]:
    return {name for _, _, names in os.walk(store.objects()) for name in names}


def pruned_in(store: Store) -> set[str]:
    directory = Path(store.snapshots(aside.place("dev")))
    return {path.name for path in directory.iterdir()} if directory.is_dir() else set()


def test_only_what_no_snapshot_names_goes(kept: Kept) -> None:
    first, second = two(kept)
    own = kept.object(first, "file")
    aside.remove(kept.store, "dev", first.id)
    assert collect(kept.store, NOW) == Collection(dropped=0, objects=1, freed=len(ONE))
    assert not own.parent.exists(), "an empty directory of objects"
    assert kept.object(second, "same").exists()
    kept.verifies()
    assert collect(kept.store, NOW) == Collection()


def test_many_objects_go_some_at_a_time(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wagit.snapshots.collect.AT_A_TIME", 3)
    kept.fill({f"file{n}": b"%d" % n for n in range(8)})
    first = kept.take().snapshot
    kept.fill({f"file{n}": b"other" for n in range(8)})
    kept.take()
    aside.remove(kept.store, "dev", first.id)
    assert collect(kept.store, NOW).objects == 8
    kept.verifies()


def test_what_is_no_object_is_let_alone(kept: Kept) -> None:
    kept.take()
    strange = [Path(kept.store.objects(), name) for name in ("README", "zz/1", "00/1", "00/" + "a" * 61)]
    for path in strange:
        path.parent.mkdir(exist_ok=True)
        path.write_text("?")
    directory = Path(kept.store.objects(), "00", "b" * 62)
    directory.mkdir()
    assert collect(kept.store, NOW).freed == 0
    assert all(path.exists() for path in [*strange, directory])


def test_a_pruned_snapshot_counts_for_a_day_from_when_it_was_seen(kept: Kept) -> None:
    first, _ = two(kept)
    set_aside(kept.store, "dev", first.id)
    assert len(kept.ids()) == 1
    for later in (0.0, GRACE - 1):
        assert collect(kept.store, NOW + later) == Collection()
    assert collect(kept.store, NOW + GRACE) == Collection(dropped=1, objects=1, freed=len(ONE))
    assert pruned_in(kept.store) == set()
    kept.verifies()


def test_a_clock_that_is_put_back_lets_nothing_go_early(kept: Kept) -> None:
    first, _ = two(kept)
    set_aside(kept.store, "dev", first.id)
    for time in (NOW, NOW - 10 * GRACE, NOW - 9 * GRACE - 1):
        assert collect(kept.store, time) == Collection()
    assert collect(kept.store, NOW - 9 * GRACE).dropped == 1


def test_whether_anything_waited_long_enough_is_told_by_names_alone(kept: Kept) -> None:
    first, second = two(kept)
    assert aside.over(kept.store, NOW) == []
    set_aside(kept.store, "dev", first.id, second.id)
    Path(manifest.path_of(kept.store, aside.place("dev"), first.id)).unlink()
    assert aside.over(kept.store, NOW) == []
    assert [one.id for one in aside.over(kept.store, NOW + GRACE)] == [second.id]


def test_at_once_is_for_the_slots_that_are_named(kept: Kept) -> None:
    first, _ = two(kept)
    set_aside(kept.store, "dev", first.id)
    assert collect(kept.store, NOW, at_once=["other"]).dropped == 0
    assert collect(kept.store, NOW, at_once=["dev"]).dropped == 1


def test_what_was_pruned_is_brought_back_whole(kept: Kept) -> None:
    first, second = two(kept)
    before = kept.ids()
    set_aside(kept.store, "dev", first.id, second.id)
    collect(kept.store, NOW)
    assert kept.ids() == []
    for _ in range(2):  # also when it is there already
        bring_back(kept.store, "dev", first.id, second.id)
        assert kept.ids() == before
        assert pruned_in(kept.store) == set()
    assert collect(kept.store, NOW + 2 * GRACE) == Collection()
    kept.verifies()


def test_what_was_collected_is_not_brought_back_and_nothing_else_either(kept: Kept) -> None:
    first, second = two(kept)
    set_aside(kept.store, "dev", first.id)
    collect(kept.store, NOW, grace=0)
    collect(kept.store, NOW, grace=0)
    set_aside(kept.store, "dev", second.id)
    with pytest.raises(NoSuchSnapshot, match=rf"slot dev has no snapshot {first.id}"):
        bring_back(kept.store, "dev", second.id, first.id)
    assert kept.ids() == []
    kept.object(second, "file").unlink()
    with pytest.raises(DamagedSnapshot, match=r"object .* of the file file is missing"):
        bring_back(kept.store, "dev", second.id)
    assert kept.ids() == []


def test_what_is_not_there_cannot_be_set_aside(kept: Kept) -> None:
    first, _ = two(kept)
    set_aside(kept.store, "dev", first.id)
    set_aside(kept.store, "dev", first.id)
    with pytest.raises(NoSuchSnapshot):
        set_aside(kept.store, "dev", "0" * 16)


def test_while_a_manifest_is_damaged_nothing_goes_and_it_is_named(kept: Kept) -> None:
    first, second = two(kept)
    path = kept.path(second)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    set_aside(kept.store, "dev", first.id)
    there = objects_in(kept.store)
    for _ in range(2):
        assert collect(kept.store, NOW, grace=0) == Collection(damaged=(f"dev/{second.id}",))
    assert objects_in(kept.store) == there
    assert f"{first.id}.json" in pruned_in(kept.store)
    set_aside(kept.store, "dev", second.id)  # as `wagit snapshots rm` does
    assert collect(kept.store, NOW, grace=0).damaged == ()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_manifest_that_cannot_be_read_counts_as_damaged(kept: Kept, make: Callable[[Path], None]) -> None:
    first, second = two(kept)
    kept.path(first).unlink()
    make(kept.path(first))
    assert collect(kept.store, NOW).damaged == (f"dev/{first.id}",)
    assert kept.object(second, "file").exists()


def test_a_directory_that_is_in_use_stays_and_what_a_killed_process_left_goes(kept: Kept) -> None:
    kept.take()
    left = Path(kept.store.staging(), "1-dead")
    left.mkdir()
    (left / "1").write_bytes(b"half")
    beside = Path(kept.store.snapshots("dev"), ".tmp-1-dead")
    beside.write_bytes(b"{")
    with Staging(kept.store) as staging:
        collect(kept.store, NOW)
        assert os.path.isdir(staging.path)
        assert not left.exists()
        assert not beside.exists()


def test_a_writer_reads_again_what_was_collected_after_it_looked(kept: Kept) -> None:
    first = kept.take().snapshot
    aside.remove(kept.store, "dev", first.id)  # its objects are there, and named by nothing
    kept.fill({"a": b"put in place before it is seen that others are gone"})
    swept: list[int] = []

    def meanwhile(done: int, total: int) -> None:
        if done == total:
            swept.append(collect(kept.store, NOW).objects)

    done = take(kept.repo, kept.store, "dev", Ask("asked", NOW), meanwhile)
    assert swept == [2, 1], "read again, once"
    kept.verifies()
    assert done.snapshot.header.files == 3


def test_a_snapshot_that_comes_between_mark_and_sweep_keeps_its_objects(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kept.take().snapshot
    aside.remove(kept.store, "dev", first.id)
    lock = objects.lock

    def late(store: Store) -> HeldLock:
        monkeypatch.setattr(objects, "lock", lock)
        kept.take()
        return lock(store)

    monkeypatch.setattr(objects, "lock", late)
    assert collect(kept.store, NOW) == Collection()
    assert len(kept.ids()) == 1
    kept.verifies()


def test_a_snapshot_that_is_brought_back_between_mark_and_sweep_keeps_its_objects(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = two(kept)
    set_aside(kept.store, "dev", first.id)
    collect(kept.store, NOW)
    drop = aside.drop

    def late(store: Store, one: Waiting) -> bool:
        bring_back(store, "dev", first.id)
        return drop(store, one)

    monkeypatch.setattr(aside, "drop", late)
    assert collect(kept.store, NOW + GRACE) == Collection()
    assert first.id in kept.ids()
    kept.verifies()


def test_a_collection_that_is_killed_at_any_step_leaves_every_snapshot_whole(quick_path: Path) -> None:
    kept = Kept.make(quick_path, {f"file{n}": b"%d" % n for n in range(3)})
    taken = []
    for n in range(3):
        kept.fill({"file0": b"new %d" % n, f"more{n}": b"more"})
        taken.append(kept.take().snapshot.id)
    set_aside(kept.store, "dev", taken[0])
    collect(kept.store, NOW)
    template = quick_path / "template"
    shutil.copytree(kept.store.root, template)

    def reset() -> None:
        shutil.rmtree(kept.store.root)
        shutil.copytree(template, kept.store.root)

    ends = 0
    for ended in killed_in_a_fork(lambda: collect(kept.store, NOW + GRACE), Path(kept.store.root), reset):
        assert ended.killed or ended.output.startswith("Collection(dropped=1, objects=1"), ended
        kept.verifies()
        assert kept.ids() == [taken[2], taken[1]]
        collect(kept.store, NOW + GRACE)  # the time may have to be counted anew
        assert collect(kept.store, NOW + 3 * GRACE).damaged == ()
        assert pruned_in(kept.store) == set()
        assert objects_in(kept.store) == _named(kept)
        ends += 1
    assert ends > 4


def _named(kept: Kept) -> set[str]:
    snapshots = [manifest.read(kept.store, "dev", one) for one in kept.ids()]
    return {entry.digest[2:] for one in snapshots for entry in one.entries if entry.kind == "file"}


@pytest.mark.parametrize("back", [False, True])
def test_setting_aside_and_bringing_back_leave_each_manifest_in_one_place(
    quick_path: Path, back: bool
) -> None:
    kept = Kept.make(quick_path, {"file": ONE})
    first, second = two(kept)
    if back:
        set_aside(kept.store, "dev", first.id, second.id)
        collect(kept.store, NOW)
    template = quick_path / "template"
    shutil.copytree(kept.store.root, template)

    def reset() -> None:
        shutil.rmtree(kept.store.root)
        shutil.copytree(template, kept.store.root)

    run = bring_back if back else set_aside
    for ended in killed_in_a_fork(
        lambda: run(kept.store, "dev", first.id, second.id), Path(kept.store.root), reset
    ):
        assert ended.output in ("", "None")
        waiting = [one.id for one in aside.waiting(kept.store, "dev")]
        assert sorted([*kept.ids(), *waiting]) == sorted([first.id, second.id])
        collect(kept.store, NOW)
        bring_back(kept.store, "dev", first.id, second.id)
        kept.verifies()
    assert check.slots_with_snapshots(kept.store) == ["dev"]


SLOTS = ("one", "two", "three")
ROUNDS = 12


def _write(kept: Kept, slot: str) -> None:
    """Change a file back and forth, so that what was collected is wanted again, and let old ones go."""
    for turn in range(ROUNDS):
        Path(kept.store.data(slot), "file").write_bytes(b"%d" % (turn % 3) * 100)
        Path(kept.store.data(slot), "own").write_bytes(f"{slot} {turn}".encode())
        newest = kept.take(slot).snapshot
        older = [one for one in manifest.ids(kept.store, slot) if one != newest.id]
        set_aside(kept.store, slot, *older)


def test_collection_beside_writers_takes_nothing_of_theirs(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, {})
    for slot in SLOTS:
        records.create_slot(kept.store, slot, "generic", NOW)
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_write, args=(kept, slot)) for slot in SLOTS]
    for writer in writers:
        writer.start()
    freed = 0
    while any(writer.is_alive() for writer in writers):
        done = collect(kept.store, NOW, at_once=SLOTS)
        assert done.damaged == ()
        freed += done.objects
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert freed + collect(kept.store, NOW, at_once=SLOTS).objects > ROUNDS
    assert [len(manifest.ids(kept.store, slot)) for slot in SLOTS] == [1, 1, 1]
    kept.verifies()
