"""The newest snapshot that proves good takes the place of broken data, which is set aside whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.broken import CUT, hold, note, quarantined, rot, snapshots
from tests.support.sessions import Sessions, contents, creds
from wagit.core import journal
from wagit.operations.examine import examine
from wagit.operations.restore import Restored
from wagit.operations.restore_verified import (
    NoGoodSnapshot,
    Refuse,
    TookTooLong,
    preview_newest,
    restore_newest,
)
from wagit.snapshots.manifest import Header

BROKEN = {"creds.json": "{", "session-1.json": "{}"}


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


def anything(_: Header) -> str | None:
    return None


def restored(sessions: Sessions, refuse: Refuse = anything, deadline: float | None = None) -> Restored:
    context = sessions.context
    with hold(sessions):
        return restore_newest(context, "production", cause="test", refuse=refuse, deadline=deadline)


def test_the_newest_is_restored_and_the_broken_data_set_aside(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(1)}, generation=1)
    good = sessions.snapshot({"creds.json": creds(2)}, generation=2)
    sessions.write(BROKEN)
    note(sessions, generation=5, account="+4915112345678", device="9")
    inode = sessions.data.stat().st_ino
    done = restored(sessions)
    assert (done.snapshot, done.replaced) == (good, None)
    assert contents(sessions.data) == {"creds.json": creds(2)}
    assert done.aside is not None
    assert Path(done.aside).stat().st_ino == inode
    assert quarantined(sessions) == [BROKEN]
    record = sessions.record
    assert (record.generation, record.newest_generation, record.device) == (2, 5, "2")
    assert any("generation 2 of 5" in line for line in done.notices)
    last = list(journal.read(sessions.store))[-1]
    assert (last.verb, last.cause, last.detail["snapshot"]) == ("repair", "test", good)
    assert last.detail["aside"] == done.aside


def test_the_next_start_need_not_read_it_and_knows_what_may_not_change(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(2), "pre-key-9.json": "{}"})
    sessions.snapshot({"creds.json": creds(3)})
    (sessions.data / "pre-key-9.json").unlink()
    good = sessions.snapshot()
    sessions.write(BROKEN)
    assert restored(sessions).snapshot == good
    assert examine(sessions.store, "production", 2.0).fast
    sessions.write({"creds.json": "{"})
    assert examine(sessions.store, "production", 3.0).broken


def test_snapshots_that_are_not_good_are_passed_over(sessions: Sessions) -> None:
    """One has the broken session in it, one has rotted on the disk, of one the manifest did."""
    good = sessions.snapshot({"creds.json": creds(1)})
    rotten = sessions.snapshot({"creds.json": creds(2)})
    spoiled = sessions.snapshot({"creds.json": creds(3)})
    broken = sessions.snapshot(CUT)
    rot(sessions, rotten)
    path = Path(sessions.store.snapshots("production"), f"{spoiled}.json")
    path.chmod(0o600)
    path.write_text(path.read_text().replace("clean", "hot"))
    done = restored(sessions)
    assert (done.snapshot, sessions.device) == (good, 1)
    for one in (rotten, spoiled, broken):
        assert [line for line in done.notices if one in line and "passed over" in line]
    assert snapshots(sessions) == [broken, rotten, good], "none goes, and none comes"


def test_a_hot_one_only_where_no_clean_one_is_good(sessions: Sessions) -> None:
    clean = sessions.snapshot({"creds.json": creds(1)})
    hot = sessions.snapshot({"creds.json": creds(2)}, hot=True)
    sessions.write(BROKEN)
    assert restored(sessions).snapshot == clean
    rot(sessions, clean)
    sessions.write(BROKEN)
    done = restored(sessions)
    assert (done.snapshot, done.tag) == (hot, "hot")
    assert any("is hot: it was taken beside a live writer" in line for line in done.notices)


def test_what_the_caller_refuses(sessions: Sessions) -> None:
    old = sessions.snapshot({"creds.json": creds(1)})
    removed = sessions.snapshot({"creds.json": creds(2)})
    sessions.write(BROKEN)
    done = restored(sessions, lambda header: "it was logged out" if header.device == "2" else None)
    assert done.snapshot == old
    assert f"snapshot {removed} was passed over: it was logged out" in done.notices


def test_none_is_good(sessions: Sessions) -> None:
    rotten = sessions.snapshot({"creds.json": creds(1)})
    rot(sessions, rotten)
    sessions.snapshot(CUT)
    before = sessions.everything
    with pytest.raises(NoGoodSnapshot, match=rotten) as refusal:
        restored(sessions)
    assert sessions.everything == before
    assert (refusal.value.exit_status, "wagit clean production" in refusal.value.hint) == (12, True)


def test_no_more_time(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(1)})
    sessions.write(BROKEN)
    before = sessions.everything
    with pytest.raises(TookTooLong):
        restored(sessions, deadline=sessions.context.clock.monotonic() - 1)
    assert sessions.everything == before
    assert os.listdir(sessions.store.staging()) == []


def test_a_preview_changes_nothing(sessions: Sessions) -> None:
    good = sessions.snapshot({"creds.json": creds(1)})
    sessions.snapshot(CUT)
    before = sessions.everything
    with hold(sessions):
        planned = preview_newest(sessions.context, "production", anything)
    assert (planned.snapshot, planned.dry_run, planned.aside) == (good, True, None)
    assert sessions.everything == before


def test_nothing_was_there(sessions: Sessions) -> None:
    good = sessions.snapshot({"creds.json": creds(1)})
    (sessions.data / "creds.json").unlink()
    done = restored(sessions)
    assert (done.snapshot, done.aside, sessions.device) == (good, None, 1)
    assert quarantined(sessions) == []
