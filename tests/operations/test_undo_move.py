"""Taking back what moved a session from slot to slot: it goes back as it is now."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import CONFIG, Setup, data_of, error_of, make_repo
from tests.support.undoing import number_of, ok, refused, undo
from wagit.operations.promote import promote
from wagit.slots import records

MOVING = CONFIG.replace("driver: wwebjs", "driver: baileys\nsnapshots: {on_switch: false}").replace(
    'slot: "feature-{ticket}"\n', 'slot: "feature-{ticket}"\n    new: move:production\n'
)
COPYING = MOVING.replace("move:production", "copy:production")


def make(path: Path, config: str) -> Sessions:
    """On a branch whose slot has got the session of production, device 7."""
    sessions = Sessions(Setup(make_repo(path / "repo", config)).init())
    sessions.write({"creds.json": creds(7)})
    sessions.setup.repo.switch("feature/1-menu")
    assert device(sessions, "feature-1") == 7
    return sessions


@pytest.fixture
def moved(tmp_path: Path) -> Sessions:
    sessions = make(tmp_path, MOVING)
    assert device(sessions, "production") is None
    return sessions


@pytest.fixture
def copied(tmp_path: Path) -> Sessions:
    return make(tmp_path, COPYING)


def device(sessions: Sessions, slot: str) -> int | None:
    """The linked device whose login a slot holds."""
    try:
        found = json.loads(Path(sessions.store.data(slot), "creds.json").read_text())
    except FileNotFoundError:
        return None
    return int(found["me"]["id"].partition(":")[2].partition("@")[0])


def use(sessions: Sessions, slot: str, login: int) -> None:
    """As if a bot had run on the slot."""
    record = records.read_record(sessions.store, slot)
    records.write_record(sessions.store, slot, record.opened())
    sessions.write({"creds.json": creds(login)}, slot=slot)


def test_a_move_goes_back_as_it_is_now(moved: Sessions) -> None:
    use(moved, "feature-1", 8)
    generation = records.read_record(moved.store, "feature-1").generation
    assert refused(moved) == "nothing is left that could be taken back"  # a hook did it
    done = undo(moved, number_of(moved, "move"))
    assert done["does"] == "move the session of slot feature-1, as it is now, to slot production"
    assert (device(moved, "production"), device(moved, "feature-1")) == (8, None)
    assert moved.record.generation >= generation
    moved.setup.repo.switch("develop")
    moved.setup.repo.switch("feature/1-menu")
    assert device(moved, "feature-1") is None, "the rule does not take it again"
    undo(moved, str(done["undo"]))
    assert (device(moved, "production"), device(moved, "feature-1")) == (None, 8)


def test_a_move_whose_source_has_another_login(moved: Sessions) -> None:
    moved.write({"creds.json": creds(9)})
    assert "slot production has data now" in refused(moved, number_of(moved, "move"))


def test_a_move_with_use_is_taken_back_after_the_use(tmp_path: Path) -> None:
    sessions = Sessions(Setup(make_repo(tmp_path / "repo", MOVING)).init())
    sessions.write({"creds.json": creds(7)})
    ok(sessions, "use", "production")
    sessions.setup.repo.switch("feature/1-menu")
    ok(sessions, "use", "--auto")
    assert device(sessions, "feature-1") == 7
    assert undo(sessions)["verb"] == "switch"
    assert undo(sessions)["verb"] == "move"
    assert device(sessions, "production") == 7


def test_a_copy_is_set_aside(copied: Sessions) -> None:
    done = undo(copied, number_of(copied, "move"))
    assert (device(copied, "production"), device(copied, "feature-1")) == (7, None)
    undo(copied, str(done["undo"]))
    assert (device(copied, "production"), device(copied, "feature-1")) == (7, 7)


def test_a_copy_that_was_used_is_newer(copied: Sessions) -> None:
    use(copied, "feature-1", 7)
    error = error_of(copied.path, "undo", number_of(copied, "move"))
    assert "slot feature-1 has been used since (generation 1, was 0)" in error["message"]
    assert error["hint"] == "to have it there: wagit sessions promote feature-1 --to production"
    assert "newer" in refused(copied, number_of(copied, "move"))


def test_a_promotion_puts_back_what_it_replaced(moved: Sessions) -> None:
    moved.write({"creds.json": creds(9), "cache": "kept"})
    use(moved, "feature-1", 8)
    promote(moved.context, "feature-1")
    assert (device(moved, "production"), device(moved, "feature-1")) == (8, None)
    use(moved, "production", 10)
    done = undo(moved)
    assert done["verb"] == "promote"
    assert (device(moved, "production"), device(moved, "feature-1")) == (9, 10)
    assert Path(moved.store.data("production"), "cache").read_text() == "kept"
    undo(moved, str(done["undo"]))
    assert (device(moved, "production"), device(moved, "feature-1")) == (10, None)
    undo(moved)
    assert (device(moved, "production"), device(moved, "feature-1")) == (9, 10)


def test_a_promotion_into_an_empty_slot_that_nobody_uses(moved: Sessions) -> None:
    moved.setup.repo.switch("develop")
    promote(moved.context, "feature-1")
    assert not records.exists(moved.store, "feature-1")
    done = undo(moved)
    assert (device(moved, "production"), device(moved, "feature-1")) == (None, 7)
    undo(moved, str(done["undo"]))
    assert device(moved, "production") == 7


def test_a_promotion_whose_replaced_data_is_only_in_a_snapshot(moved: Sessions) -> None:
    moved.write({"creds.json": creds(9)})
    place = promote(moved.context, "feature-1").replaced_data
    assert place
    os.rename(place, moved.path / "elsewhere")
    undo(moved)
    assert (device(moved, "production"), device(moved, "feature-1")) == (9, 7)


def test_after_a_promotion_was_taken_back_the_session_goes_where_it_came_from(moved: Sessions) -> None:
    promote(moved.context, "feature-1", "elsewhere")
    undo(moved)
    assert promote(moved.context, "feature-1").to == "production"
    promote(moved.context, "production", "elsewhere")
    undo(moved)
    assert records.read_record(moved.store, "production").origin is None


def test_a_promotion_whose_slot_was_filled_anew(moved: Sessions) -> None:
    promote(moved.context, "feature-1")
    moved.write({"creds.json": creds(9)}, slot="feature-1")
    assert "slot feature-1 has data now" in refused(moved)
    assert data_of(moved.path, "undo", "--list")[0]["hint"].endswith("wagit sessions rm feature-1")
