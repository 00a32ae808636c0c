"""Starting over: the session is set aside whole, and all of it comes back by undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.broken import hold, note, quarantined, snapshots
from tests.support.sessions import Sessions, contents, creds
from tests.support.setup import data_of, error_of, wagit
from tests.support.undoing import undo
from wagit.operations.clean import start_fresh
from wagit.slots.inspect import quarantine_size

THERE = {"creds.json": creds(7), "note.txt": "not essential"}


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


def test_the_session_is_set_aside(sessions: Sessions) -> None:
    sessions.write(THERE)
    inode = sessions.data.stat().st_ino
    note(sessions, generation=4, account="+4915112345678", device="7", last_ready=9.0, removed="x:1")
    done = data_of(sessions.path, "clean", "--yes")
    assert (done["slot"], done["account"], done["replaces"]) == ("production", "+49 ••••678", True)
    assert Path(done["aside"]).stat().st_ino == inode
    assert contents(sessions.data) == {}
    assert quarantined(sessions) == [THERE]
    assert quarantine_size(sessions.store) == sum(map(len, THERE.values()))
    record = sessions.record
    assert (record.account, record.device, record.last_ready) == (None, None, None)
    assert (record.generation, record.removed) == (4, "x:1")
    assert (record.opened().generation, snapshots(sessions)) == (5, [])
    last = data_of(sessions.path, "log")[0]
    assert (last["verb"], last["cause"], last["detail"]["aside"]) == ("clean", "clean", done["aside"])
    assert f"aside={done['aside']}" in wagit(sessions.path, "log").stdout


def test_what_is_said(sessions: Sessions) -> None:
    sessions.write(THERE)
    assert "QR code" in wagit(sessions.path, "clean", "--dry-run").stdout
    assert error_of(sessions.path, "clean")["code"] == "needs-yes"
    assert contents(sessions.data) == THERE
    said = wagit(sessions.path, "clean", "--yes").stdout
    assert "scan the QR code; to take it back: wagit undo" in said
    assert "is empty already: nothing was changed" in wagit(sessions.path, "clean").stdout


def test_a_dry_run_changes_nothing(sessions: Sessions) -> None:
    sessions.write(THERE)
    before = sessions.everything
    assert data_of(sessions.path, "clean", "--dry-run")["replaces"] is True
    assert sessions.everything == before


def test_it_is_taken_back_and_done_again(sessions: Sessions) -> None:
    sessions.write(THERE)
    note(sessions, generation=4, account="+4915112345678", device="7", last_ready=9.0)
    was = sessions.record
    assert wagit(sessions.path, "clean", "--yes").status == 0
    back = undo(sessions)
    assert contents(sessions.data) == THERE
    assert sessions.record == was._replace(newest=4)
    undo(sessions, str(back["undo"]))
    assert contents(sessions.data) == {}
    assert (sessions.record.account, sessions.record.last_ready) == (None, None)
    undo(sessions)
    assert contents(sessions.data) == THERE


def test_a_login_that_was_made_since_is_set_aside_when_it_is_taken_back(sessions: Sessions) -> None:
    sessions.write(THERE)
    assert wagit(sessions.path, "clean", "--yes").status == 0
    sessions.write({"creds.json": creds(8)})
    undo(sessions)
    assert sessions.device == 7
    assert quarantined(sessions) == [{"creds.json": creds(8)}]


def test_what_a_crash_left_beside_its_name_is_found(sessions: Sessions) -> None:
    sessions.write(THERE)
    aside = Path(data_of(sessions.path, "clean", "--yes")["aside"])
    aside.rename(f"{aside}.swap")
    undo(sessions)
    assert contents(sessions.data) == THERE


def test_before_a_start(sessions: Sessions) -> None:
    """Who holds the slot starts it over; an empty one stays."""
    sessions.write(THERE)
    with hold(sessions):
        first = start_fresh(sessions.context, "production", cause="recovery")
        second = start_fresh(sessions.context, "production", cause="recovery")
    assert first.aside is not None
    assert second.aside is None
    assert [entry["verb"] for entry in data_of(sessions.path, "log")].count("clean") == 1
