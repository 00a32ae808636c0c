"""A disk that is full, broken or read-only: one clear sentence, and nothing is lost."""

from __future__ import annotations

import errno
import itertools
import os
import resource
import traceback
from pathlib import Path

import pytest

from tests.support import privileges
from tests.support.failing import READING, WRITING, failing_call
from tests.support.privileges import as_nobody, in_a_fork, own_mounts
from tests.support.setup import wagit
from tests.support.snapshots import Kept, tree
from wagit.core.errors import WagitError
from wagit.snapshots import manifest, staging
from wagit.snapshots.manifest import Manifest

FILES = {f"file {number}": b"%d" % number * 30 * number**2 for number in range(10)}  # up to 2.4 kB


def refuses(kept: Kept, *words: str) -> bool:
    """Whether `wagit snapshot` fails, which it must in one clear sentence, losing nothing."""
    data = tree(kept.data)
    ran = wagit(Path(kept.repo.worktree), "snapshot", "dev")
    assert ran.status in {0, 1}, ran
    if ran.status:
        first, hint, *more = ran.stderr.splitlines()
        assert first.startswith("wagit: "), ran
        assert any(word in first for word in words), ran
        assert hint.startswith("  hint: "), ran
        assert more == [], ran
    assert tree(kept.data) == data
    kept.verifies()
    return ran.status != 0


@pytest.mark.parametrize("limit", ["nr_blocks", "nr_inodes"])
def test_a_disk_that_is_full_at_each_write_costs_nothing(tmp_path: Path, limit: str) -> None:
    def run() -> None:
        own_mounts()
        (tmp_path / "repo/.git/wagit").mkdir(parents=True)
        store = tmp_path / "repo/.git/wagit"
        privileges.mount(store, "size=4m,mode=700")
        kept = Kept.make(tmp_path, {"creds.json": b"{}"})
        first = kept.take().snapshot
        kept.fill(FILES)
        steps = 0
        for steps in itertools.count():
            room(store, limit, steps)
            if not refuses(kept, "No space left on device"):
                break
            assert kept.left() == []
            assert kept.ids()[-1] == first.id
        assert steps >= len(FILES)
        assert kept.restored(kept.take().snapshot) == tree(kept.data)

    in_a_fork(run, tmp_path / "said")


def room(store: Path, limit: str, steps: int) -> None:
    """Leave room for so many blocks or files."""
    now = os.statvfs(store)
    used = now.f_blocks - now.f_bfree if limit == "nr_blocks" else now.f_files - now.f_ffree
    privileges.mount(store, f"{limit}={used + steps}", privileges.REMOUNT)


def test_a_file_that_may_not_grow_costs_nothing(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, FILES)
    limits = [0, 50, 150, 500, 1_500, 2_400, 3_000, 5_000]

    def run() -> None:
        for number, limit in enumerate(limits):
            kept.fill({"file 3": b"new %d" % number * 100})
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            try:
                ran = wagit(Path(kept.repo.worktree), "snapshot", "dev")
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert (ran.status, "File too large" in ran.stderr) in {(0, False), (1, True)}, ran
            kept.verifies()
        assert kept.restored(kept.take().snapshot) == tree(kept.data)

    in_a_fork(run, tmp_path / "said")


def test_a_store_that_is_mounted_read_only_is_named(tmp_path: Path) -> None:
    def run() -> None:
        own_mounts()
        (tmp_path / "repo/.git/wagit").mkdir(parents=True)
        store = tmp_path / "repo/.git/wagit"
        privileges.mount(store, "size=4m,mode=700")
        kept = Kept.make(tmp_path, FILES)
        first = kept.take().snapshot
        kept.fill({"file 1": b"new"})
        privileges.mount(store, "", privileges.REMOUNT | privileges.READ_ONLY)
        assert refuses(kept, "Read-only file system")
        assert kept.restored(first)
        privileges.mount(store, "", privileges.REMOUNT)
        assert not refuses(kept)
        assert len(kept.ids()) == 2

    in_a_fork(run, tmp_path / "said")


@pytest.mark.parametrize("place", ["tmp", "objects", "snapshots/dev", "operations.jsonl", "objects.lock"])
def test_a_place_that_may_not_be_written_is_named(tmp_path: Path, place: str) -> None:
    kept = Kept.make(tmp_path, FILES)  # what it takes is imported as root, who may read it
    assert not refuses(kept)
    assert wagit(tmp_path, "snapshot").status == 10

    def run(root: Path) -> None:
        kept = Kept.make(root, FILES)
        kept.take()
        kept.fill({"file 1": b"new", "file 2": b"also"})
        closed = Path(kept.store.root, place)
        mode = closed.stat().st_mode
        for path in [closed, *closed.glob("??")]:  # an object may have a directory already
            path.chmod(0o500)
        assert refuses(kept, "Permission denied")
        for path in [closed, *closed.glob("??")]:
            path.chmod(mode)
        assert kept.restored(kept.take().snapshot) == tree(kept.data)

    as_nobody(run)


@pytest.mark.parametrize(
    ("names", "number"),
    [(READING, errno.EIO), (WRITING, errno.EIO), (WRITING, errno.ENOSPC), (WRITING, errno.EACCES)],
    ids=["EIO reading", "EIO writing", "ENOSPC", "EACCES"],
)
def test_any_call_of_the_system_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], number: int
) -> None:
    monkeypatch.setattr("wagit.operations.snapshot.commit_of", lambda _: None)  # git itself is not at stake
    kept = Kept.make(tmp_path, {"old": b"old"})
    made = [kept.take().snapshot]
    turn, data = 0, tree(kept.data)
    for turn in itertools.count(1):
        kept.fill({f"new {name}": b"%d in turn %d" % (name, turn) for name in range(2)})
        data = tree(kept.data)
        with failing_call(turn, number, names) as failed:
            problem = attempt(kept, made)
        if isinstance(problem, OSError):
            assert (problem.errno, bool(problem.filename)) == (number, True), traceback.format_exception(
                problem
            )
        kept.verifies()
        assert tree(kept.data) == data, failed
        assert {snapshot.id for snapshot in made} <= set(kept.ids()), failed
        if not failed:
            break
        staging.sweep(kept.store)
        assert kept.left() == [], failed
        while len(made) > 1:  # reading more and more manifests, it would never come to an end
            os.unlink(manifest.path_of(kept.store, "dev", made.pop(0).id))
    assert turn > 10
    assert kept.restored(made[-1]) == data


def attempt(kept: Kept, made: list[Manifest]) -> Exception | None:
    """Take a snapshot; return what was raised of what may be."""
    try:
        made.append(kept.take().snapshot)
    except (OSError, WagitError) as problem:
        return problem
    return None
