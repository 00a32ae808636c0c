"""Mending: on a copy that is checked before it takes the data's place; what was there is kept whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.broken import CUT, found, hold, quarantined, rot, snapshots
from tests.support.sessions import Sessions, contents, creds
from wagit.core import journal
from wagit.core.errors import WagitError
from wagit.drivers.baileys import Baileys
from wagit.operations.examine import examine
from wagit.operations.mend import CannotMend, Mended, mend
from wagit.operations.restore_verified import TookTooLong

WHOLE = {"creds.json": creds(7)}


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


def mended(sessions: Sessions, *findings: object, deadline: float | None = None) -> Mended:
    """Mend what the check finds, unless it is told what that is."""
    context = sessions.context
    seen = findings or examine(sessions.store, "production", 1.0).findings
    with hold(sessions):
        return mend(context, "production", list(seen), deadline=deadline)  # type: ignore[arg-type]


def refused(
    sessions: Sessions, error: type[WagitError], *findings: object, deadline: float | None = None
) -> str:
    """The message of a mending that must be refused, having changed nothing."""
    before = sessions.everything
    with pytest.raises(error) as refusal:
        mended(sessions, *findings, deadline=deadline)
    assert sessions.everything == before
    assert os.listdir(sessions.store.staging()) == []
    return refusal.value.message


def test_a_file_comes_from_a_snapshot_and_the_broken_data_is_set_aside(sessions: Sessions) -> None:
    taken = sessions.snapshot(WHOLE, generation=3)
    sessions.write({**CUT, "note.txt": "not essential"})
    inode = sessions.data.stat().st_ino
    done = mended(sessions)
    assert (done.codes, done.lost, done.dry_run) == (("creds-damaged",), (), False)
    assert done.done == (f"took creds.json from snapshot {taken}",)
    assert contents(sessions.data) == {**WHOLE, "note.txt": "not essential"}
    assert done.aside is not None
    assert Path(done.aside).stat().st_ino == inode
    assert quarantined(sessions) == [{**CUT, "note.txt": "not essential"}]
    assert snapshots(sessions) == [taken], "a snapshot of broken data could be taken for a good one"
    assert sessions.record.generation == 3
    last = list(journal.read(sessions.store))[-1]
    assert (last.verb, last.cause, last.detail["snapshot"], last.detail["replaced"]) == (
        "repair", "repair", None, None,
    )  # fmt: skip
    assert (last.detail["aside"], last.detail["mended"]) == (done.aside, ["creds-damaged"])
    assert os.listdir(sessions.store.staging()) == []


def test_the_next_start_need_not_read_it_again(sessions: Sessions) -> None:
    sessions.snapshot(WHOLE)
    sessions.write(CUT)
    mended(sessions)
    seen = examine(sessions.store, "production", 2.0)
    assert (seen.fast, seen.findings) == (True, ())


def test_a_torn_tail_is_cut(sessions: Sessions) -> None:
    sessions.write({**WHOLE, "000003.log": "whole records, torn"})
    done = mended(sessions, found("cut", "000003.log", 13))
    assert contents(sessions.data) == {**WHOLE, "000003.log": "whole records"}
    assert quarantined(sessions) == [{**WHOLE, "000003.log": "whole records, torn"}]
    assert done.done == ("cut 6 bytes of a torn write off 000003.log",)


def test_a_dead_lock_goes_in_place(sessions: Sessions) -> None:
    """Nothing is lost by that, so there is nothing to log, and nothing to take back."""
    sessions.write(WHOLE)
    (sessions.data / "session").mkdir()
    os.symlink("elsewhere-1", sessions.data / "session/SingletonLock")
    inode, before = sessions.data.stat().st_ino, list(journal.read(sessions.store))
    done = mended(sessions, found("drop", "session/SingletonLock"))
    assert (done.done, done.aside) == (("dropped session/SingletonLock",), None)
    assert os.listdir(sessions.data / "session") == []
    assert sessions.data.stat().st_ino == inode
    assert list(journal.read(sessions.store)) == before


def test_a_dead_lock_beside_damage_is_not_copied(sessions: Sessions) -> None:
    sessions.write({**WHOLE, "000003.log": "whole, torn"})
    os.symlink("elsewhere-1", sessions.data / "SingletonLock")
    mended(sessions, found("cut", "000003.log", 5), found("drop", "SingletonLock"))
    assert sorted(os.listdir(sessions.data)) == ["000003.log", "creds.json"]


def test_what_only_a_snapshot_helps_against(sessions: Sessions) -> None:
    sessions.write(WHOLE)
    assert "creds.json: is not as it should be" in refused(
        sessions, CannotMend, found("cut", "creds.json", 5), found("restore", "creds.json")
    )


def test_without_a_snapshot_that_has_the_file(sessions: Sessions) -> None:
    sessions.write(CUT)
    assert "there is no snapshot" in refused(sessions, CannotMend)


def test_a_snapshot_whose_file_is_damaged_is_no_source(sessions: Sessions) -> None:
    rot(sessions, sessions.snapshot(WHOLE))
    sessions.write(CUT)
    assert "no snapshot has one" in refused(sessions, CannotMend)


def test_what_is_broken_still_never_takes_the_datas_place(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions.write(WHOLE)
    torn = found("cut", "creds.json", 50)
    refused(sessions, CannotMend, torn)
    monkeypatch.setattr(Baileys, "check", lambda *_: [torn])
    assert "broken still" in refused(sessions, CannotMend, torn)


@pytest.mark.parametrize("offset", [None, 99_999])
def test_a_cut_that_makes_no_sense(sessions: Sessions, offset: int | None) -> None:
    sessions.write(WHOLE)
    refused(sessions, CannotMend, found("cut", "creds.json", offset))


def test_a_cut_is_made_in_no_other_file(sessions: Sessions, tmp_path: Path) -> None:
    """A link in the data leads out of it."""
    outside = tmp_path / "outside"
    outside.write_text("somebody's")
    sessions.write(WHOLE)
    os.symlink(outside, sessions.data / "000003.log")
    before = contents(sessions.data)
    with pytest.raises(CannotMend):
        mended(sessions, found("cut", "000003.log", 3))
    assert (outside.read_text(), contents(sessions.data)) == ("somebody's", before)


def test_no_more_time(sessions: Sessions) -> None:
    sessions.snapshot(WHOLE)
    sessions.write(CUT)
    examine(sessions.store, "production", 1.0)
    past = sessions.context.clock.monotonic() - 1
    assert "in time" in refused(sessions, TookTooLong, deadline=past)
