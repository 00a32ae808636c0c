"""Snapshots are ordered by number, whatever the clock does and whoever else takes one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.snapshots import NOW, Kept, entry_of, tree
from wagit.snapshots import aside, create, manifest

FILES = {"creds.json": b"{}", "keys/1": b"one"}


def numbers(kept: Kept) -> list[int]:
    return [header.number for _, header in manifest.listing(kept.store, "dev").snapshots]


def test_a_clock_that_jumps_back_changes_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept.make(tmp_path, FILES)
    taken = []
    for turn, now in enumerate((NOW, NOW - 1e8, NOW + 5, 0.0)):
        monkeypatch.setattr(time, "time_ns", lambda now=now: int(now * 1e9))
        kept.fill({"keys/1": b"%d" % turn})
        taken.append(kept.take(now=now).snapshot)
        assert create.newest(kept.store, "dev").manifest == taken[-1]
        assert kept.restored(taken[-1]) == tree(kept.data)
    assert kept.ids() == [snapshot.id for snapshot in reversed(taken)]
    assert numbers(kept) == [4, 3, 2, 1]
    assert not kept.take(now=-1.0).new


def test_files_from_the_future_are_never_taken_for_unchanged(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, FILES)
    later = time.time_ns() + 10**18
    os.utime(kept.data / "keys/1", ns=(later, later))
    first = kept.take().snapshot
    assert entry_of(first, "keys/1").inode == 0
    (kept.data / "keys/1").write_bytes(b"two")
    os.utime(kept.data / "keys/1", ns=(later, later))
    second = kept.take().snapshot
    assert kept.restored(second) == tree(kept.data)
    assert kept.restored(first)[b"keys/1"][-1] == b"one"


@pytest.mark.parametrize("change", ["contents", "contents and date", "replaced", "renamed over"])
def test_a_changed_file_of_the_same_size_is_never_taken_for_unchanged(tmp_path: Path, change: str) -> None:
    kept = Kept.make(tmp_path, {**FILES, "other": b"two"})
    path = kept.data / "keys/1"
    kept.settle()
    kept.take()
    before = path.stat()
    if change == "renamed over":
        os.utime(kept.data / "other", ns=(before.st_mtime_ns, before.st_mtime_ns))
        (kept.data / "other").rename(path)
    else:
        if change == "replaced":
            path.unlink()
        path.write_bytes(b"two")
    if change != "contents":
        os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    snapshot = kept.take().snapshot
    assert kept.restored(snapshot) == tree(kept.data)


def test_two_who_snapshot_at_once_both_get_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one begins and ends between the first one's look at what is there and its manifest."""
    kept = Kept.make(tmp_path, FILES)
    real = create.commit
    within = []

    def commit(*args: object) -> object:
        monkeypatch.setattr(create, "commit", real)
        kept.fill({"keys/1": b"meanwhile"})
        within.append(kept.take().snapshot)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(create, "commit", commit)
    outer = kept.take().snapshot
    assert [snapshot.header.number for snapshot in (*within, outer)] == [1, 2]
    assert numbers(kept) == [2, 1]
    kept.verifies()


def test_two_processes_that_snapshot_a_slot_hot_at_once_get_one_order(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, FILES)
    children = []
    for name in ("one", "other"):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                for turn in range(6):
                    kept.fill({f"keys/{name}": b"%d" % turn})
                    kept.take(hot=True, message=f"{name} {turn}")
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
    kept.verifies()
    assert numbers(kept) == list(range(12, 0, -1))
    told = [header.message for _, header in reversed(manifest.listing(kept.store, "dev").snapshots)]
    for name in ("one", "other"):
        assert [words for words in told if words.startswith(name)] == [f"{name} {turn}" for turn in range(6)]


def test_a_snapshot_that_comes_back_has_a_number_of_its_own(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, FILES)
    kept.take()
    kept.fill({"keys/1": b"two"})
    second = kept.take().snapshot
    aside.set_aside(kept.store, "dev", second.id)
    kept.fill({"keys/1": b"three"})
    third = kept.take().snapshot
    aside.bring_back(kept.store, "dev", second.id)
    assert numbers(kept) == [3, 2, 1]
    assert kept.ids()[0] == third.id


def test_what_is_collected_while_it_is_needed_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last snapshot and its objects go between the reading and the manifest."""
    kept = Kept.make(tmp_path, FILES)
    kept.settle()
    first = kept.take().snapshot
    kept.fill({"keys/1": b"two"})
    real = create.commit
    gone: list[str] = []

    def commit(*args: object) -> object:
        if not gone:
            gone.append(first.id)
            kept.path(first).unlink()
            for name in FILES:
                kept.object(first, name).unlink()
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(create, "commit", commit)
    second = kept.take().snapshot
    assert gone
    assert kept.restored(second) == tree(kept.data)
    kept.verifies()
