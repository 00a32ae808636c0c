"""`wagit undo`: which operation is meant, what is said and asked, and the slots' names and pins."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import Setup, data_of, error_of, wagit
from tests.support.undoing import number_of, ok, refused, undo
from wagit.core import journal
from wagit.slots import holding, records


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    made = Sessions.make(tmp_path / "repo")
    made.write({"creds.json": creds(7)})
    return made


def slots(sessions: Sessions) -> list[str]:
    return records.slot_names(sessions.store)


def used(setup: Setup) -> str:
    """The slot of a worktree: binding and link must name the same."""
    data = Path(os.path.realpath(setup.path / "auth_info_baileys"))
    assert data.parent.name == setup.binding["slot"]
    return data.parent.name


def has_login(sessions: Sessions, slot: str) -> bool:
    return Path(sessions.store.data(slot), "creds.json").exists()


def test_a_rename_is_taken_back_and_done_again(sessions: Sessions) -> None:
    ok(sessions, "use", "production")  # pinned worktrees stay on the slot under its new name
    ok(sessions, "sessions", "rename", "production", "live")
    done = undo(sessions)
    assert (done["verb"], done["what"]) == ("rename", "rename production -> live")
    assert done["does"] == "rename slot live back to production"
    assert slots(sessions) == ["production"]
    assert sessions.device == 7
    assert used(sessions.setup) == "production"
    again = undo(sessions, str(done["undo"]))
    assert slots(sessions) == ["live"]
    assert used(sessions.setup) == "live"
    undo(sessions, str(again["undo"]))
    assert slots(sessions) == ["production"]


def test_a_name_that_is_taken(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rename", "production", "live")
    sessions.write({"creds.json": creds(8)})  # the rule made the slot anew, and a bot logged in
    assert refused(sessions).endswith("there is a slot production with data now")
    sessions.write({}, remove=("creds.json",))
    undo(sessions)
    assert sessions.device == 7


def test_rm_is_taken_back_and_done_again(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rm", "production", "--yes")
    assert not has_login(sessions, "production")
    done = undo(sessions)
    assert sessions.device == 7
    undo(sessions, str(done["undo"]))
    assert not has_login(sessions, "production")
    undo(sessions)  # from where it was set aside this time
    assert sessions.device == 7


def test_rm_of_a_slot_that_was_filled_anew(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rm", "production", "--yes")
    sessions.write({"creds.json": creds(8)})
    assert "another slot production with data now" in refused(sessions)
    assert sessions.device == 8


def test_rm_whose_quarantine_is_gone(sessions: Sessions) -> None:
    place = data_of(sessions.path, "sessions", "rm", "production", "--yes")["quarantine"]
    Path(place).rename(sessions.path / "elsewhere")
    assert "is not there any more" in refused(sessions, number_of(sessions, "remove"))


def test_use_and_use_auto(sessions: Sessions) -> None:
    ok(sessions, "sessions", "new", "one")
    ok(sessions, "sessions", "new", "two")
    for slot in ("one", "two"):
        ok(sessions, "use", slot)
    ok(sessions, "use", "--auto")
    for slot in ("two", "one"):
        undo(sessions)
        assert used(sessions.setup) == slot
        assert sessions.setup.binding["pinned"]
    undo(sessions)
    assert used(sessions.setup) == "production"
    assert not sessions.setup.binding["pinned"]


def test_pins_are_taken_back_where_they_were_made(sessions: Sessions) -> None:
    other = Setup(sessions.setup.repo.add_worktree(sessions.path.parent / "wt", "topic"))
    assert wagit(other.path, "use", "production").status == 0
    assert refused(sessions).endswith("nothing is left that could be taken back")
    [entry] = [entry for entry in data_of(sessions.path, "log") if entry["cause"] == "use"]
    assert str(other.path) in refused(sessions, str(entry["number"]))
    assert data_of(other.path, "undo", "--yes")["does"] == "follow the branch again"
    assert used(other) == "dev"


def test_a_pin_whose_slot_is_gone(sessions: Sessions) -> None:
    ok(sessions, "sessions", "new", "one")
    ok(sessions, "use", "one")
    ok(sessions, "use", "--auto")
    ok(sessions, "sessions", "rm", "one", "--yes")
    [entry] = [entry for entry in data_of(sessions.path, "log") if entry["cause"] == "use --auto"]
    assert refused(sessions, str(entry["number"])).endswith("slot one is not there any more")


def test_a_new_slot_goes_while_it_is_empty(sessions: Sessions) -> None:
    ok(sessions, "sessions", "new", "one")
    done = undo(sessions)
    assert slots(sessions) == ["production"]
    undo(sessions, str(done["undo"]))
    sessions.write({"creds.json": creds(8)}, slot="one")
    assert refused(sessions).endswith("slot one has data now")


def test_again_and_again_goes_further_back(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rename", "production", "a")
    ok(sessions, "sessions", "rename", "a", "b")
    ok(sessions, "sessions", "rm", "b", "--yes")
    assert [undo(sessions)["what"] for _ in range(3)] == [
        "remove b",
        "rename a -> b",
        "rename production -> a",
    ]
    assert sessions.device == 7
    assert refused(sessions) == "nothing is left that could be taken back"


def test_on_one_slot_the_newest_comes_first(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rename", "production", "a")
    ok(sessions, "sessions", "rename", "a", "b")
    first = data_of(sessions.path, "undo", "--list")[1]
    assert first["what"] == "rename production -> a"
    error = error_of(sessions.path, "undo", str(first["number"]))
    assert "(rename a -> b) came after it on the same slot" in error["message"]
    second = error["hint"].split()[-1]
    undo(sessions, second)
    undo(sessions, str(first["number"]))
    assert slots(sessions) == ["production"]


def test_what_cannot_be_meant(sessions: Sessions) -> None:
    ok(sessions, "sessions", "new", "one")
    ok(sessions, "snapshot")
    done = undo(sessions)
    log = {entry["verb"]: entry["number"] for entry in data_of(sessions.path, "log", "-n", "0")}
    assert refused(sessions, "99") == "the log has no operation 99"
    assert f"{done['undo']} has taken it back" in refused(sessions, str(done["number"]))
    assert f"it is a part of {done['undo']}" in refused(sessions, str(log["remove"]))
    assert "`snapshot` is nothing that undo takes back" in refused(sessions, str(log["snapshot"]))
    assert "the worktree follows its branch" in refused(sessions, str(log["switch"]))
    undo(sessions, str(done["undo"]))
    assert "came after it" in refused(sessions, str(done["undo"]))


def test_list_tells_why_not(sessions: Sessions) -> None:
    assert wagit(sessions.path, "undo", "--list").stdout == "nothing was done here that could be taken back\n"
    ok(sessions, "sessions", "new", "one")
    ok(sessions, "sessions", "rename", "one", "two")
    sessions.write({"x": "1"}, slot="two")
    rows = data_of(sessions.path, "undo", "--list")
    assert [(row["verb"], row["does"]) for row in rows] == [
        ("rename", "rename slot two back to one"), ("new", None)
    ]  # fmt: skip
    assert rows[1]["cannot"] == "slot one is not there any more"
    assert len(data_of(sessions.path, "undo", "--list", "-n", "1")) == 1
    told = wagit(sessions.path, "undo", "--list").stdout
    assert re.search(
        rf"^ +{rows[0]['number']}  rename one -> two, \d+ s ago  \[sessions rename\]$", told, re.MULTILINE
    )
    assert "would rename slot two back to one\n" in told
    assert "cannot: slot one is not there any more\n" in told
    assert wagit(sessions.path, "undo", "1", "--list").status == 2


def test_dry_run_changes_nothing(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rm", "production", "--yes")
    before = sessions.everything
    ran = wagit(sessions.path, "undo", "--dry-run")
    assert ran.stdout.startswith("would take back ")
    assert ran.stdout.endswith("(remove production): put slot production back in its place\n")
    assert sessions.everything == before


def test_it_asks(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rm", "production", "--yes")
    error = error_of(sessions.path, "undo")
    assert (error["code"], error["status"]) == ("needs-yes", 2)
    asked = r"\(remove production\), \d+ s ago: put slot production back in its place\?"
    assert re.search(asked, error["message"])
    assert not has_login(sessions, "production")


def test_a_slot_in_use_is_left_alone(sessions: Sessions) -> None:
    ok(sessions, "sessions", "rename", "production", "live")
    before = list(journal.read(sessions.store))
    with holding.hold(sessions.store, "live", str(sessions.path), 0.0):
        error = error_of(sessions.path, "undo", "--yes")
    assert (error["code"], error["status"]) == ("slot-busy", 11)
    assert list(journal.read(sessions.store)) == before
    undo(sessions)
    assert sessions.device == 7


def test_log_is_for_people(sessions: Sessions) -> None:
    old, new = (sessions.snapshot({"creds.json": creds(login)}) for login in (7, 8))
    ok(sessions, "restore", "production", old, "--yes")
    ok(sessions, "snapshots", "rm", new, "--force", "--yes")
    pruned, restored = wagit(sessions.path, "log", "-n", "2").stdout.splitlines()
    assert f"slot=production snapshots={new}  [snapshots rm]" in pruned
    assert f"slot=production snapshot={old} replaced={new}  [restore]" in restored


def test_log_shows_what_was_taken_back(sessions: Sessions) -> None:
    ok(sessions, "sessions", "new", "one")
    done = undo(sessions)
    entries = {entry["number"]: entry for entry in data_of(sessions.path, "log")}
    assert entries[done["number"]]["undone"] == done["undo"]
    assert entries[done["undo"]]["undone"] is None
    told = wagit(sessions.path, "log").stdout.splitlines()
    [new] = [line for line in told if "  new  " in line]
    assert new.startswith(f"{done['number']:>4}  ")
    assert new.endswith(f"(taken back by {done['undo']})")
    assert any(f"undo     {done['number']} new one" in line for line in told)


def test_a_damaged_log_is_no_obstacle(sessions: Sessions) -> None:
    ok(sessions, "sessions", "new", "one")
    operation = journal.Operation(1.0, "rename", str(sessions.path), None, "sessions rename", {})
    journal.record(sessions.store, operation)
    with open(sessions.store.operations(), "ab") as file:
        file.write(b'{"time": 1, "verb"')
    assert "the log does not tell enough about it" in refused(sessions)
    [row] = [row for row in data_of(sessions.path, "undo", "--list") if row["verb"] == "new"]
    undo(sessions, str(row["number"]))
    assert slots(sessions) == ["production"]


def test_numbers_complete(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    from wagit.cli import complete

    ok(sessions, "sessions", "new", "one")
    monkeypatch.chdir(sessions.path)
    number = data_of(sessions.path, "undo", "--list")[0]["number"]
    assert complete.operations("") == [(str(number), "new one")]
    assert complete.operations("x") == []
