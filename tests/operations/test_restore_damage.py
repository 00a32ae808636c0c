"""What is broken is named: a snapshot, with one that is good; the slot's data, by setting it aside."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.broken import CUT
from tests.support.sessions import Sessions, contents, creds
from tests.support.setup import data_of, error_of, wagit
from wagit.drivers.baileys import Baileys
from wagit.integrity.findings import Finding
from wagit.operations import restore as operation
from wagit.operations import restore_files
from wagit.operations.examine import examine, name_snapshot
from wagit.operations.restore_damage import SnapshotGone
from wagit.snapshots import manifest, objects, restore
from wagit.snapshots import seal as seals


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


@pytest.mark.parametrize("how", ["flipped", "cut", "missing", "manifest"])
def test_damage_is_named_with_a_snapshot_that_is_good(sessions: Sessions, how: str) -> None:
    good = sessions.snapshot({"creds.json": creds(7), "keys/a.json": "same"})
    bad = sessions.snapshot({"creds.json": creds(8), "keys/a.json": "changed"})
    sessions.write({"creds.json": creds(9)})
    path = damage(sessions, bad, "keys/a.json", how)
    before = sessions.everything
    if how == "manifest":
        said = wagit(sessions.path, "restore", "--dry-run").stderr
        assert f"snapshot {bad} is damaged, and was passed over" in said
    error = error_of(sessions.path, "restore", bad, "--yes")
    assert (error["code"], error["status"]) == ("snapshot-damaged", 12)
    assert path in error["message"]
    assert error["message"].endswith("nothing was changed")
    assert error["hint"].endswith(f"wagit restore production {good}")
    if how != "manifest":
        assert f"snapshot {bad} of slot production is damaged at keys/a.json" in error["message"]
        assert error["hint"].startswith("this older one is good")
    assert sessions.everything == before
    assert wagit(sessions.path, "restore", "production", good, "--yes").status == 0
    assert sessions.device == 7


def test_damage_that_all_snapshots_share(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(7), "keys/a.json": "same"})
    bad = sessions.snapshot({"creds.json": creds(8)})
    damage(sessions, bad, "keys/a.json", "flipped")
    error = error_of(sessions.path, "restore", "--yes")
    assert "no other snapshot of production is whole" in error["hint"]
    assert wagit(sessions.path, "restore", "--path", "creds.json", "--yes").status == 0


def damage(sessions: Sessions, snapshot: str, file: str, how: str) -> str:
    """Damage the object of a snapshot's file, or its manifest; return the path."""
    found = manifest.read(sessions.store, "production", snapshot)
    [entry] = [entry for entry in found.entries if entry.path == file]
    path = Path(objects.path_of(sessions.store, entry.digest))
    if how == "manifest":
        path = Path(manifest.path_of(sessions.store, "production", snapshot))
    if how == "missing":
        path.unlink()
        return str(path)
    content = bytearray(path.read_bytes())
    if how == "cut":
        content.pop()
    else:
        content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    return str(path)


def test_a_snapshot_that_is_pruned_for_good_while_it_is_read_is_not_called_damaged(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sessions.snapshot({"creds.json": creds(7)})
    sessions.snapshot({"creds.json": creds(8)})
    before = contents(sessions.data)
    reading = restore.write_out

    def pruned_meanwhile(*arguments: Any) -> None:
        prune = ("snapshots", "prune", "production", "--keep-last", "1", "--now", "--yes")
        assert wagit(sessions.path, *prune).status == 0
        reading(*arguments)

    monkeypatch.setattr(restore_files, "write_out", pruned_meanwhile)
    with pytest.raises(SnapshotGone, match=f"snapshot {old} of slot production was pruned while it was read"):
        operation.restore(sessions.context, "production", old)
    assert contents(sessions.data) == before


@pytest.mark.parametrize("what", ["pipe", "file", "no essential file"])
def test_what_cannot_be_kept_as_a_snapshot_is_set_aside(sessions: Sessions, what: str) -> None:
    wanted = sessions.snapshot({"creds.json": creds(7)})
    if what == "pipe":
        sessions.write({"creds.json": creds(8), "more.json": "1"})
        os.mkfifo(sessions.data / "pipe.json")
    else:
        (sessions.data / "creds.json").unlink()
        sessions.write({"notes.txt": "kept"})
    if what == "file":
        (sessions.data / "notes.txt").unlink()
        sessions.data.rmdir()
        sessions.data.write_text("a bot's mistake")
    inode = sessions.data.stat().st_ino
    done = data_of(sessions.path, "restore", "production", wanted, "--yes")
    assert sessions.device == 7
    assert done["replaced"] is None
    aside = Path(done["aside"])
    assert aside.stat().st_ino == inode
    assert aside.parent == Path(sessions.store.quarantine("production"))
    assert os.listdir(aside.parent) == [aside.name]
    assert data_of(sessions.path, "log")[0]["detail"]["aside"] == done["aside"]
    if what == "pipe":
        assert (aside / "creds.json").read_text() == creds(8)


def test_a_full_disk_is_no_reason_to_set_data_aside(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = sessions.snapshot({"creds.json": creds(7)})
    sessions.write({"creds.json": creds(8)})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(operation, "take", full)
    before = sessions.everything
    assert error_of(sessions.path, "restore", "production", wanted, "--yes")["code"] == "file-trouble"
    assert sessions.everything == before


def test_a_snapshot_of_a_broken_session(sessions: Sessions) -> None:
    """Nobody gets it unasked; who names it has it, and is told."""
    sessions.snapshot({"creds.json": creds(7)})
    broken = sessions.snapshot(CUT)
    sessions.write({"creds.json": creds(8)})
    error = error_of(sessions.path, "restore", "--yes")
    assert (error["code"], error["status"]) == ("snapshot-broken", 12)
    assert broken in error["message"]
    assert sessions.device == 8
    ran = wagit(sessions.path, "restore", broken, "--yes")
    assert ran.status == 0
    assert f"snapshot {broken} was taken of a broken session" in ran.stderr
    assert contents(sessions.data) == CUT
    assert examine(sessions.store, "production", 1.0).broken


def test_what_was_restored_need_not_be_read_again(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(7)})
    sessions.write({"creds.json": creds(8)})
    assert wagit(sessions.path, "restore", "--yes").status == 0
    assert examine(sessions.store, "production", 1.0).fast


def test_what_was_checked_when_it_was_taken_is_not_checked_again(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its hashes tell that it is still the same; of any other snapshot the contents are read."""
    first = sessions.snapshot({"creds.json": creds(7)})
    seals.settle()
    assert not examine(sessions.store, "production", 1.0).broken
    name_snapshot(sessions.store, "production", manifest.read(sessions.store, "production", first))
    checked: list[str] = []

    def check(_: Baileys, data: str, *__: object) -> list[Finding]:
        checked.append(data)
        return []

    monkeypatch.setattr(Baileys, "check", check)
    operation.restore(sessions.context, "production")
    assert checked == []
    second = sessions.snapshot({"creds.json": creds(8)})
    operation.restore(sessions.context, "production", second)
    assert len(checked) == 1
