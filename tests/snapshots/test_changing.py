"""Data that does not hold still is read again, then refused, or taken as hot; it is never clean and wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.snapshots import Kept, entry_of, tree
from wagit.core.copying import hash_of
from wagit.slots.holding import SlotBusy
from wagit.snapshots import objects, reading, scan
from wagit.snapshots.manifest import Entry, Manifest
from wagit.snapshots.scan import Changing

FILES = {"creds.json": b"{}", "keys/1": b"one" * 100, "keys/2": b"two" * 100}
Act = Callable[[Path], object]


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])


def replace(path: Path) -> None:
    (path.parent / "new").write_bytes(b"new")
    (path.parent / "new").rename(path)


def become_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def become_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def lose_its_directory(path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()


CHANGES: list[Act] = [
    append, rewrite, replace, Path.unlink, become_a_link, become_a_directory, lose_its_directory,
    lambda path: os.truncate(path, 1),
    lambda path: path.chmod(0o700),
    lambda path: (path.parent / "another").write_bytes(b""),
    lambda path: (path.parent / "empty").mkdir(),
]  # fmt: skip


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as unchanged however young they are, unless a test is about that."""
    monkeypatch.setattr(scan, "TICK_NS", -(10**18))


@contextmanager
def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], object]) -> Iterator[None]:
    """Call `act` with 1, 2, … after each scan of the data, before the files are read."""
    calls = 0
    real = scan.scan

    def scanned(*args: object) -> list[Entry]:
        nonlocal calls
        found = real(*args)  # type: ignore[arg-type]
        calls += 1
        act(calls)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(reading, "scan", scanned)
        yield


@contextmanager
def in_the_copy(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], after: bool) -> Iterator[None]:
    """Call `act` once, when the first file is copied, before that or after it."""
    real, acted = objects.copy_in, False

    def copy_in(source: int, target: str) -> tuple[str, int]:
        nonlocal acted
        done = real(source, target) if after else ("", 0)
        if not acted:
            acted = True
            act()
        return done if after else real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(objects, "copy_in", copy_in)
        yield


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_what_changes_once_during_the_copy_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Act, after: bool
) -> None:
    kept = Kept.make(tmp_path, FILES)
    with in_the_copy(monkeypatch, lambda: change(kept.data / "keys/1"), after):
        snapshot = kept.take().snapshot
    assert snapshot.header.tag == "clean"
    assert kept.restored(snapshot) == tree(kept.data)
    kept.verifies()


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_between_look_and_copy_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Act
) -> None:
    kept = Kept.make(tmp_path, FILES)
    with meanwhile(monkeypatch, lambda call: call == 1 and change(kept.data / "keys/1")):
        snapshot = kept.take().snapshot
    assert snapshot.header.tag == "clean"
    assert kept.restored(snapshot) == tree(kept.data)
    kept.verifies()


@pytest.mark.parametrize("change", [append, rewrite, replace])
def test_what_changes_all_the_time_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Act
) -> None:
    kept = Kept.make(tmp_path, FILES)
    with meanwhile(monkeypatch, lambda _: change(kept.data / "keys/1")):
        with pytest.raises(Changing, match="keys/1 changes while it is being read"):
            kept.take()
        assert kept.ids() == kept.left() == []
        hot = kept.take(hot=True).snapshot
    assert hot.header.tag == "hot"
    kept.verifies()
    assert set(kept.restored(hot)) == set(tree(kept.data))


def test_what_comes_and_goes_all_the_time_is_refused_or_hot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept.make(tmp_path, FILES)

    def act(call: int) -> None:
        (kept.data / f"{call}.tmp").write_bytes(b"")
        (kept.data / f"{call - 1}.tmp").unlink(missing_ok=True)

    with meanwhile(monkeypatch, act):
        with pytest.raises(Changing):
            kept.take()
        hot = kept.take(hot=True).snapshot
    assert hot.header.tag == "hot"
    kept.verifies()
    assert {b"creds.json", b"keys", b"keys/1", b"keys/2"} <= set(kept.restored(hot))


def test_a_hot_snapshot_tells_the_size_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept.make(tmp_path, {"creds.json": b"{}", "log": b"x"})
    real = objects.copy_in

    def copy_in(source: int, target: str) -> tuple[str, int]:
        append(kept.data / "log")
        done = real(source, target)
        append(kept.data / "log")
        return done

    monkeypatch.setattr(objects, "copy_in", copy_in)
    hot = kept.take(hot=True).snapshot
    assert hot.header.tag == "hot"
    assert entry_of(hot, "log").size == kept.object(hot, "log").stat().st_size
    kept.verifies()


def test_what_vanishes_while_it_is_listed_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept.make(tmp_path, {**FILES, "gone": b"", "also/gone": b""})
    real = scan._entry

    def entry(item: os.DirEntry[str], path: str, settled: int) -> Iterator[Entry]:
        if path.endswith("gone") and os.path.exists(item.path):
            os.unlink(item.path)
        return real(item, path, settled)

    monkeypatch.setattr(scan, "_entry", entry)
    snapshot = kept.take().snapshot
    assert snapshot.header.tag == "clean"
    assert kept.restored(snapshot) == tree(kept.data)


def test_a_change_in_the_same_tick_of_the_clock_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still: size, times and inode are equal, the contents are not."""
    kept = Kept.make(tmp_path, FILES)

    def standing(path: str, status: os.stat_result, settled: int) -> Entry:
        return Entry(path, "file", 0o600, status.st_size, settled, settled, 0, "")

    for module in (scan, reading):
        monkeypatch.setattr(module, "file_entry", lambda path, status, _: standing(path, status, 5))
    with in_the_copy(monkeypatch, lambda: rewrite(kept.data / "keys/1"), after=True):
        first = kept.take().snapshot
    rewrite(kept.data / "keys/1")
    second = kept.take().snapshot
    for snapshot in (first, second):
        kept.verifies()
        assert snapshot.header.tag == "clean"
    assert entry_of(first, "keys/1").digest != entry_of(second, "keys/1").digest
    with (kept.data / "keys/1").open("rb") as file:
        assert entry_of(second, "keys/1").digest == hash_of(file.fileno())


def test_a_program_that_writes_without_pause_gets_no_clean_snapshot(tmp_path: Path) -> None:
    """One that wagit cannot see as a writer: it opens the file for each line, as many libraries do.

    On a busy machine it may stand still for as long as some copies take.
    """
    kept = Kept.make(tmp_path, {**FILES, "log": b""})
    writer = subprocess.Popen(
        [sys.executable, "-c",
         "import sys\nn = 0\nwhile True:\n n += 1\n with open(sys.argv[1], 'a') as f: f.write(f'{n}\\n')",
         str(kept.data / "log")],
        cwd="/",
    )  # fmt: skip
    try:
        eventually(lambda: (kept.data / "log").stat().st_size > 0)
        eventually(lambda: _is_refused(kept))
        hot = eventually(lambda: _hot_one(kept))
        assert hot is not None
    finally:
        writer.kill()
        writer.wait()
    kept.verifies()
    whole, _, _ = kept.object(hot, "log").read_bytes().rpartition(b"\n")
    assert whole.split(b"\n") == [b"%d" % (number + 1) for number in range(whole.count(b"\n") + 1)]
    assert kept.take().snapshot.header.tag == "clean"


def _hot_one(kept: Kept) -> Manifest | None:
    """A copy that was written to meanwhile; None when it was not."""
    taken = kept.take(hot=True).snapshot
    return taken if taken.header.tag == "hot" else None


def _is_refused(kept: Kept) -> bool:
    try:
        kept.take()
    except (Changing, SlotBusy):
        return True
    return False
