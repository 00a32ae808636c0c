"""The seal's file, and what states tell of a session."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.git import GitRepo
from tests.support.snapshots import Kept
from wagit.integrity.findings import Finding
from wagit.snapshots import seal as seals
from wagit.snapshots.seal import Seal
from wagit.snapshots.selection import select

ALL = select(("*",), ("*.tmp",))
WARNING = Finding("c", "warning", "a", 3, "what", "effect", None, "remedy")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    """One for all: what is tested lies in the stores."""
    return GitRepo.init(tmp_path_factory.mktemp("seals") / "repo", "main")


@pytest.fixture
def kept(tmp_path: Path, repo: GitRepo) -> Kept:
    return Kept.beside(repo, tmp_path / "wagit", {"creds.json": b"{}", "keys/1": b"1"})


def states(kept: Kept) -> dict[str, seals.State]:
    found = seals.states(str(kept.data), ALL)
    assert found is not None
    return found


def sealed(kept: Kept, **changed: Any) -> Seal:
    seal = Seal(1.5, os.stat(kept.data).st_ino, "0123", states(kept), (WARNING,))._replace(**changed)
    seals.write(kept.store, "dev", seal)
    return seal


def test_a_seal_is_read_as_it_was_written(kept: Kept) -> None:
    assert seals.read(kept.store, "dev") is None
    for seal in (sealed(kept), sealed(kept, snapshot=None), sealed(kept, current=False)):
        seals.write(kept.store, "dev", seal)
        assert seals.read(kept.store, "dev") == seal
    seals.lift(kept.store, "dev")
    seals.lift(kept.store, "dev")
    assert seals.read(kept.store, "dev") is None


def test_no_torn_seal_is_believed(kept: Kept) -> None:
    """Cut anywhere it counts as none; never does reading it raise."""
    sealed(kept)
    path = Path(seals.path_of(kept.store, "dev"))
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        assert seals.read(kept.store, "dev") is None, whole[:length]


@pytest.mark.parametrize(
    "change",
    [{"checked": None}, {"checked": "1"}, {"checked": float("nan")}, {"checked": float("inf")},
     {"states": []}, {"states": {"creds.json": [1, 2, 3]}}, {"states": {"creds.json": 1}},
     {"snapshot": 7}, {"inode": None}, {"warnings": [["c"]]}, {"warnings": None}],
)  # fmt: skip
def test_a_seal_that_says_nonsense_is_none(kept: Kept, change: dict[str, Any]) -> None:
    sealed(kept)
    path = Path(seals.path_of(kept.store, "dev"))
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    assert seals.read(kept.store, "dev") is None


@pytest.mark.parametrize("text", ["", "[]", "7", "null", "\0" * 300, "[" * 100_000])
def test_what_is_no_seal_at_all(kept: Kept, text: str) -> None:
    Path(seals.path_of(kept.store, "dev")).write_text(text)
    assert seals.read(kept.store, "dev") is None


def test_a_pipe_in_its_place(kept: Kept) -> None:
    os.mkfifo(seals.path_of(kept.store, "dev"))
    assert seals.read(kept.store, "dev") is None


def test_a_seal_counts_until_the_machine_is_started_anew(
    kept: Kept, tmp_path: Path, monkeypatch: Any
) -> None:
    boot = tmp_path / "boot_id"
    boot.write_text("first\n")
    monkeypatch.setattr(seals, "_BOOT", str(boot))
    sealed(kept)
    assert (found := seals.read(kept.store, "dev")) is not None
    assert found.current
    boot.write_text("second\n")
    assert (found := seals.read(kept.store, "dev")) is not None
    assert (found.current, found.snapshot) == (False, "0123")


def test_a_seal_of_a_check_that_found_less(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed(kept)
    monkeypatch.setattr(seals, "CHECKS", seals.CHECKS + 1)
    assert (found := seals.read(kept.store, "dev")) is not None
    assert not found.current


def test_a_seal_is_of_one_directory(kept: Kept) -> None:
    seal = sealed(kept)
    seals.write(kept.store, "dev", seal)
    assert seals.of_data(kept.store, "dev") == seal
    kept.data.rename(kept.data.with_name("data.old"))
    assert seals.of_data(kept.store, "dev") is None
    kept.data.mkdir()
    assert seals.of_data(kept.store, "dev") is None


def test_the_states_are_those_of_selected_files(kept: Kept) -> None:
    (kept.data / "x.tmp").write_text("not essential")
    (kept.data / "empty").mkdir()
    assert set(states(kept)) == {"creds.json", "keys/1"}


def test_states_tell_every_change(kept: Kept) -> None:
    """Also one of the same size whose mtime was put back, and another file in its place."""
    file = kept.data / "creds.json"
    status = file.stat()
    for change in (
        lambda: file.write_bytes(b"[]"),
        lambda: (kept.data / "new").write_bytes(b"[]"),
        lambda: (kept.data / "new").rename(file),
        lambda: file.chmod(0o600),
    ):
        before = states(kept)
        assert seals.are_same(before, states(kept))
        change()
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert file.stat().st_mtime_ns == status.st_mtime_ns
        assert states(kept) != before
        assert not seals.are_same(before, states(kept))
        kept.settle()


def test_a_file_of_this_very_moment_is_not_settled(kept: Kept) -> None:
    assert seals.is_settled(states(kept))
    (kept.data / "creds.json").write_bytes(b"[]")
    assert not seals.is_settled(states(kept))
    kept.settle()
    assert seals.is_settled(states(kept))


def test_a_file_from_the_future_is_not_settled(kept: Kept) -> None:
    """The clock was put back since: its times may come again."""
    later = kept.data.stat().st_mtime_ns + 10**12
    os.utime(kept.data / "creds.json", ns=(later, later))
    kept.settle()
    assert not seals.is_settled(states(kept))


def test_what_cannot_be_told_by_states(kept: Kept) -> None:
    (kept.data / "x").symlink_to("creds.json")
    assert seals.states(str(kept.data), ALL) is None
    (kept.data / "x").unlink()
    os.mkfifo(kept.data / "x")
    assert seals.states(str(kept.data), ALL) is None
    assert seals.states(str(kept.data / "nowhere"), ALL) == {}
