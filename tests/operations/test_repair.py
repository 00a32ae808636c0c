"""`wagit repair` and `wagit clean`: what they do, say and refuse, and that undo takes them back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.broken import CUT, found, hold, note, quarantined, rot, snapshots
from tests.support.sessions import Sessions, contents, creds
from tests.support.setup import data_of, error_of, refused, wagit
from tests.support.undoing import ok, undo
from wagit.core import journal
from wagit.drivers.baileys import Baileys
from wagit.integrity.findings import Finding
from wagit.operations import damage
from wagit.operations.examine import examine
from wagit.operations.repair import repair
from wagit.snapshots import seal as seals

WHOLE = {"creds.json": creds(7)}
NOT_MENDABLE = {"creds.json": "{", "pre-key-1.json": "no key"}  # no snapshot has such a pre-key


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


@pytest.fixture
def hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage to `creds.json` cannot be mended."""
    check = Baileys.check

    def checked(self: Baileys, *arguments: object) -> list[Finding]:
        seen = check(self, *arguments)  # type: ignore[arg-type]
        return [one._replace(mend="restore") if one.severity == "fatal" else one for one in seen]

    monkeypatch.setattr(Baileys, "check", checked)


def test_what_is_whole_is_left_alone(sessions: Sessions) -> None:
    sessions.snapshot(WHOLE)
    examine(sessions.store, "production", 1.0)
    before = contents(sessions.data), snapshots(sessions), data_of(sessions.path, "log")
    done = data_of(sessions.path, "repair")
    assert (done["outcome"], done["findings"], done["aside"]) == ("whole", [], None)
    assert "is whole: nothing was changed" in wagit(sessions.path, "repair", "production", "--yes").stdout
    assert (contents(sessions.data), snapshots(sessions), data_of(sessions.path, "log")) == before
    assert quarantined(sessions) == []


def test_an_empty_slot_is_not_called_whole(sessions: Sessions) -> None:
    for words in ((), ("--yes",), ("--dry-run",)):
        assert data_of(sessions.path, "repair", *words)["outcome"] == "empty"
    assert wagit(sessions.path, "repair").stdout == "slot production is empty: there is nothing to repair\n"


def test_what_can_be_mended_is(sessions: Sessions) -> None:
    taken = sessions.snapshot(WHOLE)
    sessions.write(CUT)
    done = data_of(sessions.path, "repair", "--yes")
    assert (done["outcome"], done["snapshot"]) == ("mended", None)
    assert done["done"] == [f"took creds.json from snapshot {taken}"]
    assert [one["code"] for one in done["findings"]] == ["creds-damaged"]
    assert contents(sessions.data) == WHOLE
    assert contents(Path(done["aside"])) == CUT


@pytest.mark.usefixtures("hopeless")
def test_else_the_newest_good_snapshot_is_restored(sessions: Sessions) -> None:
    good = sessions.snapshot(WHOLE, generation=2)
    rot(sessions, sessions.snapshot({"creds.json": creds(7, "4915112345679")}))
    sessions.write(CUT)
    note(sessions, generation=4, account="+4915112345678", device="7")
    ran = wagit(sessions.path, "repair", "--yes")
    assert ran.status == 0
    assert f"slot production is restored from snapshot {good} of" in ran.stdout
    assert "it cannot be mended" not in ran.stdout
    assert "lost: what came since" in ran.stdout
    assert "(generation 2 of 4)" in ran.stdout
    [place] = [line.partition(": ")[2] for line in ran.stdout.splitlines() if "what was there" in line]
    assert contents(Path(place)) == CUT
    assert contents(sessions.data) == WHOLE


@pytest.mark.usefixtures("hopeless")
def test_what_nothing_helps_against(sessions: Sessions) -> None:
    rot(sessions, sessions.snapshot(WHOLE))
    sessions.write(CUT)
    examine(sessions.store, "production", 1.0)
    error = error_of(sessions.path, "repair", "--yes")
    assert (error["code"], error["status"]) == ("cannot-repair", 12)
    assert "wagit clean production" in error["hint"]
    assert contents(sessions.data) == CUT
    assert quarantined(sessions) == []


@pytest.mark.parametrize("way", ["mended", "restored"])
def test_a_dry_run_tries_it_and_changes_nothing(
    sessions: Sessions, way: str, request: pytest.FixtureRequest
) -> None:
    if way == "restored":
        request.getfixturevalue("hopeless")
    sessions.snapshot(WHOLE)
    sessions.write(CUT)
    examine(sessions.store, "production", 1.0)
    before = sessions.everything
    done = data_of(sessions.path, "repair", "--dry-run")
    assert (done["outcome"], done["dry_run"], done["aside"]) == (way, True, None)
    assert "slot production would be" in wagit(sessions.path, "repair", "--dry-run").stdout
    assert error_of(sessions.path, "repair")["code"] == "needs-yes"
    assert sessions.everything == before


def test_what_is_of_no_use_is_dropped_from_a_session_that_is_whole(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions.write(WHOLE)
    os.symlink("elsewhere-1", sessions.data / "SingletonLock")
    stale = found("drop", "SingletonLock")._replace(severity="warning")
    monkeypatch.setattr(Baileys, "check", lambda *_: [stale])
    done = data_of(sessions.path, "repair", "--yes")
    assert (done["outcome"], done["done"]) == ("mended", ["dropped SingletonLock"])
    assert os.listdir(sessions.data) == ["creds.json"]


@pytest.mark.parametrize("verb", ["repair", "clean"])
def test_a_slot_in_use(sessions: Sessions, verb: str) -> None:
    sessions.write(CUT)
    with hold(sessions):
        assert refused(sessions.path, verb, "--yes") == ("slot-busy", 11)
    assert contents(sessions.data) == CUT


@pytest.mark.parametrize("verb", ["repair", "clean"])
def test_no_such_slot(sessions: Sessions, verb: str) -> None:
    assert refused(sessions.path, verb, "nowhere", "--yes") == ("no-such-slot", 1)


def test_a_repair_is_taken_back_and_done_again(sessions: Sessions) -> None:
    sessions.snapshot(WHOLE)
    sessions.write(CUT)
    ok(sessions, "repair", "--yes")
    back = undo(sessions)
    assert contents(sessions.data) == CUT
    again = undo(sessions, str(back["undo"]))
    assert contents(sessions.data) == WHOLE
    assert quarantined(sessions) == [CUT]
    undo(sessions)
    assert contents(sessions.data) == CUT
    assert len(snapshots(sessions)) == 1, "no snapshot is taken of broken data"
    assert again["verb"] == "undo"


@pytest.mark.usefixtures("hopeless")
def test_a_repair_that_restored_is_taken_back_and_done_again(sessions: Sessions) -> None:
    sessions.snapshot(WHOLE, generation=2)
    sessions.write(CUT)
    note(sessions, generation=4, last_ready=9.0)
    ok(sessions, "repair", "--yes")
    assert (sessions.record.generation, sessions.record.newest_generation) == (2, 4)
    back = undo(sessions)
    assert contents(sessions.data) == CUT
    assert (sessions.record.generation, sessions.record.last_ready) == (4, 9.0)
    undo(sessions, str(back["undo"]))
    assert contents(sessions.data) == WHOLE
    assert (sessions.record.generation, sessions.record.newest_generation) == (2, 4)


def test_what_was_set_aside_is_gone(sessions: Sessions) -> None:
    import shutil

    sessions.snapshot(WHOLE)
    sessions.write(CUT)
    aside = data_of(sessions.path, "repair", "--yes")["aside"]
    shutil.rmtree(aside)
    error = error_of(sessions.path, "undo", "--yes")
    assert error["code"] == "cannot-undo"
    assert contents(sessions.data) == WHOLE
    [row] = [row for row in data_of(sessions.path, "undo", "--list") if row["verb"] == "repair"]
    assert "is not there any more" in row["cannot"]


def test_progress_is_told(sessions: Sessions) -> None:
    sessions.snapshot(WHOLE)
    sessions.write(CUT)
    told: list[tuple[int, int]] = []
    repair(sessions.context, None, progress=lambda done, total: told.append((done, total)))
    assert told
    assert all(0 <= done <= total for done, total in told)


def test_a_seal_of_data_that_was_swapped_away_ends_no_damage(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(7)})
    failed = journal.Operation(
        5.0, damage.FAILED, "/w", None, "verify", {"slot": "production", "codes": ["x"]}
    )
    journal.record(sessions.store, failed)
    assert "production" in damage.standing(sessions.store)
    seals.settle()
    assert not examine(sessions.store, "production", 10.0).broken
    assert damage.standing(sessions.store) == {}
    sessions.data.rename(sessions.data.with_name("before"))
    sessions.data.mkdir()
    assert "production" in damage.standing(sessions.store)
