"""Taking back what replaced a slot's data, and what let snapshots go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import data_of, error_of, wagit
from tests.support.undoing import number_of, ok, refused, undo
from wagit.core import journal
from wagit.operations.prune import prune
from wagit.snapshots import aside, collect
from wagit.snapshots import manifest as manifests
from wagit.snapshots.retention import Policy


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


def ids(sessions: Sessions) -> list[str]:
    return [identifier for identifier, _ in manifests.listing(sessions.store, "production").snapshots]


def test_a_restore_is_taken_back_and_done_again(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(7), "pre-key-1.json": "{}"})
    sessions.write({"creds.json": creds(8), "pre-key-2.json": "{}"}, remove=("pre-key-1.json",))
    ok(sessions, "restore", "production", old, "--yes")
    assert sessions.device == 7
    done = undo(sessions)
    assert sessions.device == 8
    assert sorted(os.listdir(sessions.data)) == ["creds.json", "pre-key-2.json"]
    undo(sessions, str(done["undo"]))
    assert sessions.device == 7
    sessions.write({"creds.json": creds(9)})  # used since: what it is now is kept, too
    undo(sessions)
    assert sessions.device == 8
    ok(sessions, "restore", "production", "latest", "--yes")
    assert sessions.device == 9


def test_restores_one_after_the_other(sessions: Sessions) -> None:
    taken = [sessions.snapshot({"creds.json": creds(device)}) for device in (1, 2, 3)]
    ok(sessions, "restore", "production", taken[0], "--yes")
    ok(sessions, "restore", "production", taken[1], "--yes")
    for device in (1, 3):
        undo(sessions)
        assert sessions.device == device
    assert refused(sessions) == "nothing is left that could be taken back"


def test_an_older_generation_is_told_before(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(7)}, generation=3)
    sessions.snapshot({"creds.json": creds(8)}, generation=5)
    ok(sessions, "restore", "production", old, "--yes")
    from wagit.slots import records

    records.write_record(sessions.store, "production", sessions.record.opened())
    ran = wagit(sessions.path, "undo", "--yes")
    assert ran.status == 0
    assert "older than the session has been (generation 5 of 6)" in ran.stderr


def test_single_files(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(7), "pre-key-1.json": "1"})
    sessions.write({"creds.json": creds(8), "pre-key-1.json": "2"})
    ok(sessions, "restore", "production", old, "--path", "pre-key-1.json", "--yes")
    assert (sessions.device, (sessions.data / "pre-key-1.json").read_text()) == (8, "1")
    done = undo(sessions)
    assert (sessions.data / "pre-key-1.json").read_text() == "2"
    undo(sessions, str(done["undo"]))
    assert (sessions.device, (sessions.data / "pre-key-1.json").read_text()) == (8, "1")


def test_a_restore_into_an_empty_slot(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(7)})
    sessions.write({}, remove=("creds.json",))
    ok(sessions, "restore", "production", old, "--yes")
    done = undo(sessions)
    assert os.listdir(sessions.data) == []
    undo(sessions, str(done["undo"]))
    assert sessions.device == 7
    undo(sessions)
    assert os.listdir(sessions.data) == []


def test_what_could_not_be_read_comes_back_from_quarantine(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(7)})
    sessions.write({"creds.json": creds(8)})
    os.mkfifo(sessions.data / "pipe.json")  # what is no file cannot be snapshotted
    aside = data_of(sessions.path, "restore", "production", old, "--yes")["aside"]
    assert aside
    done = undo(sessions)
    assert sessions.device == 8
    assert (sessions.data / "pipe.json").is_fifo()
    assert any(aside in notice for notice in done["notices"])
    undo(sessions, str(done["undo"]))
    assert sessions.device == 7


def test_the_snapshot_of_what_was_replaced_is_gone(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(7)})
    sessions.write({"creds.json": creds(8)})
    replaced = data_of(sessions.path, "restore", "production", old, "--yes")["replaced"]
    ok(sessions, "snapshots", "rm", "production", replaced, "--force", "--yes")
    restored = number_of(sessions, "restore")
    assert "which is what it replaced, was pruned" in refused(sessions, restored)
    undo(sessions)
    undo(sessions)
    assert sessions.device == 8


def test_the_snapshot_of_what_was_replaced_is_damaged(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(7)})
    sessions.write({"creds.json": creds(8)})
    replaced = data_of(sessions.path, "restore", "production", old, "--yes")["replaced"]
    manifest = manifests.read(sessions.store, "production", replaced)
    digest = manifest.entries[0].digest
    os.unlink(os.path.join(sessions.store.objects(), digest[:2], digest[2:]))
    assert "is damaged" in refused(sessions)
    assert sessions.device == 7


def test_removed_snapshots_come_back_and_go_again(sessions: Sessions) -> None:
    taken = [sessions.snapshot({"creds.json": creds(device)}) for device in (1, 2, 3)]
    ok(sessions, "snapshots", "rm", "production", taken[0], taken[1], "--yes")
    done = undo(sessions)
    assert ids(sessions) == taken[::-1]
    undo(sessions, str(done["undo"]))
    assert ids(sessions) == [taken[2]]
    undo(sessions)
    assert ids(sessions) == taken[::-1]


def test_snapshots_that_were_collected_are_named(sessions: Sessions) -> None:
    taken = [sessions.snapshot({"creds.json": creds(device)}) for device in (1, 2, 3)]
    ok(sessions, "snapshots", "rm", "production", taken[0], taken[1], "--yes")
    waiting = Path(sessions.store.snapshots("production"), ".pruned")
    (waiting / f"{taken[0]}.json").unlink()
    row = data_of(sessions.path, "undo", "--list")[0]
    assert row["warnings"] == [f"snapshot {taken[0]} of production was collected since"]
    undo(sessions)
    assert ids(sessions) == [taken[2], taken[1]]
    ok(sessions, "snapshots", "rm", "production", taken[1], "--yes")
    collect.collect(sessions.store, 0.0, at_once=("production",))
    assert f"snapshot {taken[1]} of production was collected since" in refused(sessions)


def test_an_automatic_prune_is_not_what_was_asked_for(sessions: Sessions) -> None:
    """It has a number all the same; a prune of several slots is one operation."""
    taken = [sessions.snapshot({"creds.json": creds(device)}) for device in (1, 2, 3)]
    ok(sessions, "sessions", "new", "more")
    elsewhere = sessions.snapshot({"creds.json": creds(4)}, slot="more")
    for slot, gone in (("production", taken[:2]), ("more", [elsewhere])):
        detail = {"slot": slot, "snapshots": gone}
        line = journal.Operation(9.0, "prune", str(sessions.path), None, "automatic", detail)
        journal.record(sessions.store, line)
        aside.set_aside(sessions.store, slot, *gone)
    assert "(new more)" in refused(sessions)
    rows = data_of(sessions.path, "undo", "--list")
    assert [row["verb"] for row in rows] == ["prune", "new"]
    undo(sessions, str(rows[0]["number"]))
    assert ids(sessions) == taken[::-1]
    assert manifests.ids(sessions.store, "more") == [elsewhere]


def test_a_prune_of_all_slots_is_one_operation(sessions: Sessions) -> None:
    ok(sessions, "sessions", "new", "more")
    taken = {
        slot: [sessions.snapshot({"creds.json": creds(device)}, slot=slot) for device in (1, 2, 3)]
        for slot in ("production", "more")
    }
    assert prune(sessions.context, policy=Policy(1, 0, 0, 0, None), everywhere=True).pruned == 4
    undo(sessions)
    for slot, known in taken.items():
        assert sorted(manifests.ids(sessions.store, slot)) == sorted(known)


def test_snapshots_pruned_for_good_are_named(sessions: Sessions) -> None:
    taken = [sessions.snapshot({"creds.json": creds(device)}) for device in (1, 2)]
    prune(sessions.context, "production", Policy(1, 0, 0, 0, None), now=True)
    assert f"snapshot {taken[0]} of production was pruned for good" in refused(sessions)


def test_snapshots_of_a_slot_that_was_renamed(sessions: Sessions) -> None:
    taken = [sessions.snapshot({"creds.json": creds(device)}) for device in (1, 2)]
    ok(sessions, "snapshots", "rm", "production", taken[0], "--yes")
    ok(sessions, "sessions", "rename", "production", "live")
    message = refused(sessions, number_of(sessions, "prune"))
    assert "(rename production -> live) came after it" in message
    undo(sessions)
    undo(sessions)
    assert ids(sessions) == taken[::-1]


def test_a_slot_in_use(sessions: Sessions) -> None:
    from wagit.slots import holding

    old = sessions.snapshot({"creds.json": creds(7)})
    sessions.write({"creds.json": creds(8)})
    ok(sessions, "restore", "production", old, "--yes")
    with holding.hold(sessions.store, "production", str(sessions.path), 0.0):
        error = error_of(sessions.path, "undo", "--yes")
    assert (error["code"], error["status"]) == ("slot-busy", 11)
    assert sessions.device == 7


@pytest.mark.parametrize("verb", ["restore", "rename"])
def test_what_was_logged_and_then_failed_is_in_nobodys_way(sessions: Sessions, verb: str) -> None:
    old = sessions.snapshot({"creds.json": creds(7)})
    new = sessions.snapshot({"creds.json": creds(8)})
    ok(sessions, "restore", "production", old, "--yes")
    done = list(journal.read(sessions.store))[-1]
    details: dict[str, dict[str, Any]] = {
        "restore": {"slot": "production", "snapshot": new, "replaced": old, "aside": None},
        "rename": {"from": "production", "to": "live"},
    }
    failed = done._replace(time=done.time + 1, verb=verb, cause=verb, detail=details[verb])
    journal.record(sessions.store, failed)  # then the disk was full, or the process was killed
    undo(sessions)
    assert sessions.device == 8
