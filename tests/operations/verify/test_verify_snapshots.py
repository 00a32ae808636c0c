"""`wagit verify --snapshots`."""

from __future__ import annotations

from pathlib import Path

from tests.support.sessions import Sessions, creds
from tests.support.setup import wagit
from tests.support.verifying import found
from wagit.snapshots import manifest


def damage_object(sessions: Sessions, snapshot: str) -> None:
    known = manifest.read(sessions.store, "production", snapshot)
    digest = next(entry.digest for entry in known.entries if entry.path == "creds.json")
    path = Path(sessions.store.objects(), digest[:2], digest[2:])
    path.chmod(0o600)
    path.write_bytes(b"#" * path.stat().st_size)


def test_snapshots_that_are_whole(sessions: Sessions) -> None:
    assert "no snapshots yet" in wagit(sessions.path, "verify", "--snapshots").stdout
    for device in (7, 8):
        sessions.snapshot({"creds.json": creds(device), "same": "x"})
    told = found(sessions, "--snapshots")
    assert (told["slots"], told["snapshots"], told["damaged"], told["status"]) == (["production"], 2, [], 0)
    assert told["read"] == 2 * len(creds(7))  # what both have is read once; "same" is not essential
    assert wagit(sessions.path, "verify", "--snapshots").stdout.startswith("2 snapshots: all whole")


def test_a_damaged_object(sessions: Sessions) -> None:
    first = sessions.snapshot()
    second = sessions.snapshot({"creds.json": creds(8), "keys-1.json": "{}"})
    damage_object(sessions, second)
    [spoiled] = found(sessions, "--snapshots", status=12)["damaged"]
    assert (spoiled["slot"], spoiled["snapshot"], spoiled["better"]) == ("production", second, first)
    assert (spoiled["files"], spoiled["good"], len(spoiled["problems"])) == (2, 1, 1)
    shown = wagit(sessions.path, "verify", "--snapshots", "production").stdout
    assert "1 of 2 files are good\n" in shown
    assert f"whole: wagit restore production {first[:8]}\n" in shown


def test_a_damaged_manifest_and_nothing_better(sessions: Sessions) -> None:
    only = sessions.snapshot()
    path = Path(manifest.path_of(sessions.store, "production", only))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-5])
    [spoiled] = found(sessions, "--snapshots", status=12)["damaged"]
    assert (spoiled["good"], spoiled["better"]) == (0, None)
    shown = wagit(sessions.path, "verify", "--snapshots").stdout
    assert "nothing of it can be had" in shown
    assert f"drop it: wagit snapshots rm production {only[:8]}" in shown


def test_snapshots_of_a_slot_that_is_gone(sessions: Sessions) -> None:
    taken = sessions.snapshot()
    assert wagit(sessions.path, "sessions", "rm", "production", "--yes").status == 0
    damage_object(sessions, taken)
    found(sessions, "--snapshots", "production", status=12)
