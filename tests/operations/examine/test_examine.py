"""The fast path is taken only where every byte is as it was read; a driver that counts its checks tells."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.checks import Checks, look, swap_directories
from tests.support.snapshots import NOW, Kept
from wagit.operations.examine import Examined, examine, name_snapshot
from wagit.snapshots import seal as seals


def test_the_second_time_nothing_is_read(kept: Kept, checks: Checks) -> None:
    told: list[int] = []
    assert examine(kept.store, "dev", NOW, read=told.append) == Examined((), False, NOW)
    assert examine(kept.store, "dev", NOW + 9, read=told.append) == Examined((), True, NOW)
    assert (told, len(checks.histories)) == ([11], 1)


def test_deep_reads_all_and_seals_anew(kept: Kept, checks: Checks) -> None:
    look(kept)
    assert look(kept, NOW + 5, deep=True) == Examined((), False, NOW + 5)
    assert look(kept, NOW + 6) == Examined((), True, NOW + 5)
    assert len(checks.histories) == 2


@pytest.mark.usefixtures("checks")
def test_how_old_a_check_may_be(kept: Kept) -> None:
    look(kept)
    assert examine(kept.store, "dev", NOW + 60, max_age=60).fast
    assert not examine(kept.store, "dev", NOW + 61, max_age=60).fast
    assert not examine(kept.store, "dev", NOW, max_age=60).fast  # the clock was put back


def put_back(file: Path, change: Callable[[], object]) -> None:
    """Change a file and give it its times again."""
    status = file.stat()
    change()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    put_back(file, lambda: os.replace(other, file))


@pytest.mark.parametrize(
    "change",
    [lambda data: (data / "keys/1").write_bytes(b"ONE"),
     lambda data: put_back(data / "keys/1", lambda: (data / "keys/1").write_bytes(b"ONE")),
     lambda data: replace(data / "keys/1"),
     lambda data: (data / "keys/3").write_bytes(b""),
     lambda data: (data / "keys/2").unlink(),
     lambda data: (data / "keys/2").rename(data / "keys/3"),
     lambda data: os.mkfifo(data / "pipe"),
     lambda data: (data / "link").symlink_to("keys/1"),
     swap_directories,
     lambda data: (data.parent / "seal.json").unlink(),
     lambda data: (data.parent / "seal.json").write_bytes((data.parent / "seal.json").read_bytes()[:-40])],
    ids=["written", "mtime put back", "another inode", "added", "removed", "renamed", "a pipe", "a link",
         "swapped directory", "no seal", "torn seal"],
)  # fmt: skip
def test_what_changed_is_read_again(kept: Kept, checks: Checks, change: Callable[[Path], object]) -> None:
    look(kept)
    assert look(kept).fast
    change(kept.data)
    found = checks.find("fatal")
    assert look(kept) == Examined((found,), False, NOW)


@pytest.mark.usefixtures("checks")
def test_what_no_session_needs_is_not_looked_at(kept: Kept) -> None:
    look(kept)
    (kept.data / "x.pid").write_bytes(b"8")
    assert look(kept).fast


@pytest.mark.usefixtures("checks")
def test_a_change_within_the_clocks_tick_is_not_sealed(kept: Kept) -> None:
    (kept.data / "keys/1").write_bytes(b"now")
    assert not look(kept).fast
    kept.settle()
    assert not look(kept).fast
    assert look(kept).fast


@pytest.mark.usefixtures("checks")
def test_a_file_from_the_future_is_not_sealed(kept: Kept) -> None:
    """The clock was put back: until it has caught up, a change need not show in the file's times."""
    later = time.time_ns() + 10**12
    os.utime(kept.data / "keys/1", ns=(later, later))
    assert [look(kept).fast for _ in range(2)] == [False, False]


def test_broken_data_is_never_sealed(kept: Kept, checks: Checks) -> None:
    look(kept)
    for severity in ("fatal", "loss"):
        found = checks.find(severity)
        assert look(kept, deep=True).findings == (found,)
        seals.lift(kept.store, "dev")
        assert [look(kept).fast for _ in range(2)] == [False, False]


def test_what_was_sealed_and_is_found_broken_is_not_sealed_any_more(kept: Kept, checks: Checks) -> None:
    """Bytes that rotted on the disk show in no state."""
    taken = kept.take().snapshot
    look(kept)
    name_snapshot(kept.store, "dev", taken)
    checks.find("loss")
    assert look(kept, deep=True).broken
    assert look(kept).broken
    assert checks.histories[-1] == checks.histories[-2] != {}


def test_warnings_are_told_again(kept: Kept, checks: Checks) -> None:
    """Those about files that the seal covers; others may have come to an end."""
    checks.find("warning", "Preferences")
    found = checks.find("warning")
    checks.finds.append(found._replace(file="x.pid"))
    assert len(look(kept).findings) == 2
    assert look(kept) == Examined((found,), True, NOW)
    assert not look(kept).broken


def test_who_writes_meanwhile(kept: Kept, checks: Checks) -> None:
    checks.meanwhile = lambda: (kept.data / "keys/1").write_bytes(b"changed")
    assert not look(kept).steady
    assert seals.read(kept.store, "dev") is None
    checks.meanwhile = lambda: None
    kept.settle()
    done = look(kept)
    assert (done.fast, done.steady) == (False, True)


def test_who_replaces_the_data_meanwhile(kept: Kept, checks: Checks) -> None:
    checks.meanwhile = lambda: swap_directories(kept.data)
    look(kept)
    checks.meanwhile = lambda: None
    assert not look(kept).fast


def test_a_slot_without_data(kept: Kept, checks: Checks) -> None:
    kept.data.rename(kept.data.with_name("gone"))
    assert [look(kept).fast for _ in range(2)] == [False, False]
    kept.data.mkdir()
    assert [look(kept).fast for _ in range(2)] == [False, False]
    assert not (kept.data.parent / "seal.json").exists()
    assert len(checks.histories) == 4


def test_a_full_disk_costs_the_seal_alone(
    kept: Kept, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wagit.snapshots.seal.atomic_write", full)
    assert [look(kept).findings for _ in range(2)] == [(), ()]
    assert len(checks.histories) == 2


def test_the_time_is_the_callers(kept: Kept, checks: Checks) -> None:
    del checks
    assert look(kept, 5.0).checked == 5.0
    assert look(kept, time.time()).checked == 5.0
