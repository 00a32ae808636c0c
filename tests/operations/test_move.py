"""A new slot that starts with another one's session: moved or copied, and never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.logins import MOVING, Logins
from tests.support.wagit import run_wagit
from wagit import hook
from wagit.snapshots import manifest


@pytest.fixture
def logins(quick_path: Path) -> Logins:
    """On a branch of `dev`, which is linked and was opened three times."""
    return linked(Logins.make(quick_path))


def linked(logins: Logins) -> Logins:
    logins.link("dev", 7)
    path = logins.setup.store / "slots/dev/slot.json"
    path.write_text(path.read_text().replace('"generation": 0', '"generation": 3'))
    return logins


def test_a_new_slot_gets_the_session_that_its_rule_names(logins: Logins) -> None:
    inode = (logins.setup.store / "slots/dev/data/creds.json").stat().st_ino
    said = logins.switch("feature/1-menu")
    assert said == [
        "wagit: session feature-1 (was dev)",
        "wagit: slot feature-1 has the session of slot dev now",
    ]
    assert logins.held() == {"feature-1": 7}
    assert (logins.path / "auth_info_baileys/creds.json").stat().st_ino == inode  # moved, not copied
    record = logins.record("feature-1")
    assert (record.origin, record.origin_mode, record.awaits) == ("dev", "move", None)
    assert (record.generation, record.account, record.device) == (3, "+4915112345678", "7")
    assert logins.record("dev").account is None
    [own], [other] = logins.snapshots("feature-1"), logins.snapshots("dev")
    assert (own.why, own.tag, own.files, own.device) == ("move", "clean", 2, "7")
    assert own._replace(slot="dev", number=other.number) == other
    [detail] = logins.log("move")
    assert detail["snapshot"] == manifest.ids(logins.store, "dev")[0]
    assert {**detail, "snapshot": ""} == {"from": "dev", "to": "feature-1", "mode": "move", "snapshot": ""}


def test_it_gets_it_once(logins: Logins) -> None:
    logins.switch("feature/1-menu")
    logins.switch("topic")
    logins.link("dev", 8)
    assert logins.switch("feature/1-menu") == ["wagit: session feature-1 (was dev)"]
    assert logins.held() == {"feature-1": 7, "dev": 8}


def test_a_copy_leaves_the_original(logins: Logins) -> None:
    (Path(logins.store.data("dev")) / "creds.json").chmod(0o640)
    assert logins.switch("try/a")[1] == "wagit: slot try has a copy of the session of slot dev now"
    assert logins.held() == {"try": 7, "dev": 7}
    assert (Path(logins.store.data("try")) / "creds.json").stat().st_mode & 0o777 == 0o640
    assert (logins.record("try").origin_mode, logins.record("try").generation) == ("copy", 3)
    assert len(logins.snapshots("try")) == 1
    assert list((logins.setup.store / "tmp").iterdir()) == []


def test_without_a_slot_it_is_that_of_the_branch_before(tmp_path: Path) -> None:
    logins = linked(Logins.make(tmp_path, MOVING.replace("move:dev", "move")))
    assert logins.record("dev").awaits is None  # it had another slot before it, and no such rule
    logins.switch("feature/1-menu")
    logins.switch("feature/2-cart")
    assert logins.held() == {"feature-2": 7}
    assert logins.record("feature-2").origin == "feature-1"


def test_established_names_ask_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = MOVING.replace("    new: move:dev\n", "")
    logins = linked(Logins.make(tmp_path, config))
    monkeypatch.setenv("WA_AUTO_MIGRATE_SESSION", "true")
    monkeypatch.setenv("WA_MIGRATION_BACKUP", "false")
    logins.switch("feature/1-menu")
    assert logins.held() == {"feature-1": 7}
    assert logins.snapshots("dev") == []
    assert logins.log("move")[0]["snapshot"] is None


def test_the_source_may_be_captured(tmp_path: Path) -> None:
    logins = Logins.make(tmp_path, MOVING.replace("move:dev", '"move:base-{ticket}"'))
    logins.does("sessions", "new", "base-2")
    logins.link("base-2", 9)
    logins.switch("feature/2-cart")
    assert logins.held() == {"feature-2": 9}


def test_a_route_kept_from_before_does_not_start_it_fresh(logins: Logins) -> None:
    """The slot is removed after its branch was seen: it is new again, and the hook's short way ends."""
    logins.switch("feature/1-menu")
    logins.does("sessions", "promote", "feature-1", "--to", "dev")
    logins.switch("topic")
    logins.does("sessions", "rm", "feature-1", "--yes")
    assert logins.held() == {"dev": 7}
    logins.switch("feature/1-menu")
    assert logins.held() == {"feature-1": 7}


WHY = {
    "empty": "slot dev has no session yet",
    "missing": "there is no slot 'dev'",
    "held": "slot dev is in use by",
    "written without wagit": "slot dev is open in",
    "another library's": "slot dev is of driver generic, slot feature-1 of baileys",
}


@pytest.mark.parametrize("why", WHY)
def test_what_cannot_be_had_is_told_in_one_line_and_comes_later(why: str, logins: Logins) -> None:
    """git goes on; the slot is not opened by any bot meanwhile, so that it stays new."""
    data = Path(logins.store.data("dev"))
    record = logins.setup.store / "slots/dev/slot.json"
    kept = record.read_text()
    logins.switch("main")
    if why == "held":
        with logins.held_elsewhere("dev"):
            said = logins.switch("feature/1-menu")
    elif why == "written without wagit":
        with logins.written_without_wagit("dev"):
            said = logins.switch("feature/1-menu")
    else:
        if why == "another library's":
            record.write_text(kept.replace("baileys", "generic"))
        else:
            moved = data if why == "empty" else data.parent
            moved.rename(logins.path / "moved")
        said = logins.switch("feature/1-menu")
    assert said[0] == "wagit: session feature-1 (was production)"
    assert WHY[why] in said[1]
    assert said[1].endswith("it gets it with `wagit use --auto`, unless a bot has opened it by then")
    assert len(said) == 2
    assert "feature-1" not in logins.held()
    if why == "another library's":
        record.write_text(kept)
    elif why in ("empty", "missing"):
        (logins.path / "moved").rename(data if why == "empty" else data.parent)
    assert logins.held() == {"dev": 7}
    assert logins.does("use", "--auto") == "wagit: slot feature-1 has the session of slot dev now\n"
    assert logins.held() == {"feature-1": 7}


def test_a_hook_that_finds_the_slot_still_waiting_brings_it(logins: Logins) -> None:
    with logins.held_elsewhere("dev"):
        logins.switch("feature/1-menu")
    logins.switch("main")
    assert logins.switch("feature/1-menu")[1] == "wagit: slot feature-1 has the session of slot dev now"


def test_a_slot_that_a_bot_has_opened_keeps_what_it_has(logins: Logins) -> None:
    with logins.held_elsewhere("dev"):
        logins.switch("feature/1-menu")
        ran = run_wagit(logins.path, "run", "--", "true")
        assert "slot feature-1 is empty, without the session of dev: slot dev is in use" in ran.stderr
    assert logins.does("use", "--auto") == ""
    assert logins.held() == {"dev": 7}


def test_a_bot_gets_the_session_that_came_free(logins: Logins) -> None:
    with logins.held_elsewhere("dev"):
        logins.switch("feature/1-menu")
    assert run_wagit(logins.path, "run", "--", "test", "-e", "auth_info_baileys/creds.json").status == 0
    assert logins.held() == {"feature-1": 7}
    assert logins.record("feature-1").generation == 4


def test_a_rule_for_another_number_does_not_get_it(tmp_path: Path) -> None:
    config = MOVING.replace("    new: move:dev", '    new: move:dev\n    account: "+49 30 123456"')
    logins = linked(Logins.make(tmp_path, config))
    said = logins.switch("feature/1-menu")[1]
    assert "slot dev is linked to +49 ••••678, the rule of feature-1 asks for +49 ••••456" in said
    assert logins.held() == {"dev": 7}


def test_where_an_emptied_slots_session_went_is_told_to_who_starts_it(logins: Logins) -> None:
    logins.switch("feature/1-menu")
    logins.switch("topic")
    ran = run_wagit(logins.path, "run", "--", "true")
    assert "slot dev is empty: its session is in feature-1: wagit sessions promote feature-1" in ran.stderr


@pytest.mark.parametrize(("branch", "slot"), [("feature/1-menu", "feature-1"), ("try/a", "try")])
def test_killed_before_each_step(branch: str, slot: str, logins: Logins) -> None:
    (logins.repo.git_dir / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
    before = {"dev": 7}
    after = {"dev": 7, "try": 7} if slot == "try" else {"feature-1": 7}
    for _ in logins.killed_before_each_step(
        lambda: hook.main(["post-checkout", str(logins.path), ".git"]), least=40
    ):
        assert logins.held() in (before, after)
        logins.does("use", "--auto")
        assert logins.held() == after
        assert (logins.record(slot).origin, logins.record(slot).generation) == ("dev", 3)
        assert len(logins.snapshots(slot)) == 1
        assert logins.aside() == []
