"""`wagit health`: what it finds out about real slots, its exit status, and what it prints."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import error_of, wagit
from tests.support.slot_records import change, seal
from wagit.operations import bot_events
from wagit.slots import holding

DAY = 86400.0


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """`production` is linked, was ready today, checked and snapshotted."""
    sessions = Sessions.make(tmp_path / "repo")
    sessions.snapshot({"creds.json": creds(7)})
    change(sessions, last_ready=time.time(), account="+4915112345678", device="7")
    seal(sessions)
    return sessions


def found(sessions: Sessions, *words: str, status: int = 0) -> Any:
    ran = wagit(sessions.path, "health", *words, "--json")
    assert ran.status == status, ran
    return json.loads(ran.stdout)["data"]


def test_a_good_one(sessions: Sessions) -> None:
    [row] = found(sessions)
    assert (row["slot"], row["verdict"], row["age"], row["concerns"]) == (
        "production",
        "healthy",
        "fresh",
        [],
    )
    assert (row["account"], row["snapshots"], row["unchanged"]) == ("+49 ••••678", 1, True)
    assert row["devices"] == [{"device": "7", "slots": ["production"]}]
    assert row["drops_in"] == pytest.approx(30 * DAY, abs=100)
    assert found(sessions, "--show-numbers")[0]["account"] == "+4915112345678"
    shown = wagit(sessions.path, "health").stdout
    assert "slot        production, healthy" in shown
    assert "unchanged since" in shown
    assert "4915112345678" not in shown


def test_what_a_bot_wrote_is_not_checked_yet(sessions: Sessions) -> None:
    sessions.write({"session-1.json": "{}"})
    assert found(sessions)[0]["unchanged"] is False
    assert "written to since" in wagit(sessions.path, "health").stdout


def test_what_is_urgent_has_exit_status_1(sessions: Sessions) -> None:
    change(sessions, last_ready=time.time() - 29 * DAY)
    [row] = found(sessions, status=1)
    assert row["verdict"] == "now"
    shown = wagit(sessions.path, "health").stdout
    assert "XX  unused for 29 days" in shown
    assert "    do: use it: wagit run" in shown
    change(sessions, last_ready=time.time() - 9 * DAY)
    assert found(sessions, status=0)[0]["verdict"] == "soon"


def test_a_damaged_login_a_lost_one_and_a_removed_one(sessions: Sessions) -> None:
    sessions.write({"creds.json": "{"})
    assert "not valid JSON" in found(sessions, status=1)[0]["concerns"][0]["what"]
    sessions.write({"creds.json": "{}"})
    assert found(sessions, status=1)[0]["concerns"][0]["what"] == "was linked once, and is not any more"
    sessions.write({"creds.json": creds(7)})
    change(sessions, removed="+4915112345678:7", removed_at=0.0)
    [row] = found(sessions, status=1)
    assert (row["state"], row["devices"]) == ("logged-out", [])
    assert "WhatsApp logged this device out" in row["concerns"][0]["what"]


def test_a_login_that_a_bot_deleted(sessions: Sessions) -> None:
    """On LOGOUT whatsapp-web.js deletes its folder. What was moved to another slot is not missed."""
    sessions.write({}, remove=("creds.json",))
    [row] = found(sessions, status=1)
    assert row["concerns"][0]["what"] == "was linked once, and is not any more"
    assert (row["state"], row["drops_in"], row["phone_in"]) == ("empty", None, None)
    change(sessions, removed="+4915112345678:7", removed_at=0.0)
    assert "WhatsApp logged this device out" in found(sessions, status=1)[0]["concerns"][0]["what"]
    wagit(sessions.path, "sessions", "new", "other")
    sessions.write({"creds.json": creds(7)}, slot="other")
    change(sessions, removed=None, removed_at=None)
    assert found(sessions, status=0)[0]["verdict"] == "unlinked"


def test_all_of_them_in_a_table(sessions: Sessions) -> None:
    wagit(sessions.path, "sessions", "new", "spare")
    wagit(sessions.path, "sessions", "new", "twin")
    sessions.write({"creds.json": creds(7)}, slot="twin")
    rows = {row["slot"]: row for row in found(sessions, "--all")}
    assert {slot: row["verdict"] for slot, row in rows.items()} == {
        "production": "healthy", "spare": "unlinked", "twin": "soon",
    }  # fmt: skip
    assert rows["twin"]["devices"] == [{"device": "7", "slots": ["production", "twin"]}]
    shown = wagit(sessions.path, "health", "--all").stdout
    assert all(word in shown for word in ("dropped in", "29 days", "\ntwin\n", "wagit verify twin"))


def test_one_that_runs(sessions: Sessions) -> None:
    change(sessions, last_ready=time.time() - 20 * DAY)
    with holding.hold(sessions.store, "production", "/", 0.0):
        assert found(sessions)[0]["verdict"] == "healthy"
        assert wagit(sessions.path, "health").stdout.count("production") == 2  # the slot, its device


def test_what_a_running_bot_told_counts(sessions: Sessions) -> None:
    """Nobody has noted it in the record yet."""
    change(sessions, last_ready=time.time() - 9 * DAY)
    path = bot_events.path_of(sessions.store, "production")
    bot_events.tell(path, bot_events.READY, time.time())
    assert found(sessions)[0]["age"] == "fresh"
    bot_events.tell(path, bot_events.LOGGED_OUT, time.time())
    assert found(sessions, status=1)[0]["state"] == "logged-out"


def test_it_reads_only(sessions: Sessions) -> None:
    before = sessions.everything
    found(sessions, "--all")
    assert sessions.everything == before


def test_a_slot_that_is_not_there(sessions: Sessions) -> None:
    assert error_of(sessions.path, "health", "nowhere")["code"] == "no-such-slot"
    assert error_of(sessions.path, "health", "production", "--all")["status"] == 2
