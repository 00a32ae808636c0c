"""A session goes back to the slot it came from: asked for, after a merge, or suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.logins import MOVING, Logins
from tests.support.setup import data_of, error_of, wagit


@pytest.fixture
def logins(quick_path: Path) -> Logins:
    """On `dev`, whose session is that of feature-1 now."""
    return moved(Logins.make(quick_path))


def moved(logins: Logins) -> Logins:
    logins.link("dev", 7)
    logins.switch("feature/1-menu")
    logins.switch("topic")
    assert logins.held() == {"feature-1": 7}
    return logins


def marked(logins: Logins) -> bool:
    return (logins.setup.store / "origins").exists()


def test_it_goes_back_to_where_it_came_from(logins: Logins) -> None:
    assert marked(logins)
    dry = data_of(logins.path, "sessions", "promote", "feature-1", "--dry-run")
    assert (dry["to"], dry["dry_run"], logins.held()) == ("dev", True, {"feature-1": 7})
    done = data_of(logins.path, "sessions", "promote", "feature-1")
    assert logins.held() == {"dev": 7}
    assert logins.slot == "dev"
    assert Path(done["aside"]).parent.name == "feature-1"
    assert (done["replaced"], done["replaced_data"]) == (None, None)
    assert not (logins.setup.store / "slots/feature-1").exists()
    assert (logins.record("dev").device, logins.record("dev").awaits) == ("7", None)
    assert len(logins.snapshots("dev")) == 1  # nothing has changed since it went
    assert logins.log("promote")[0]["from"] == "feature-1"
    assert not marked(logins)


def test_what_the_slot_has_is_set_aside_and_snapshotted(logins: Logins) -> None:
    logins.link("dev", 8)
    done = data_of(logins.path, "sessions", "promote", "feature-1")
    assert logins.held() == {"dev": 7}
    assert logins.aside() == [8]
    newest, before, *_ = logins.snapshots("dev")
    assert (newest.device, before.device, before.why) == ("7", "8", "move")
    assert done["replaced"] is not None
    assert done["replaced_data"] is not None


def test_a_slot_that_its_worktree_uses_stays_and_stays_empty(logins: Logins) -> None:
    """Removed it would be new, and its rule would at once move the session to it again."""
    logins.switch("feature/1-menu")
    done = data_of(logins.path, "sessions", "promote")
    assert (done["slot"], done["aside"]) == ("feature-1", None)
    logins.switch("topic")
    logins.switch("feature/1-menu")
    logins.does("use", "--auto")
    assert logins.held() == {"dev": 7}


def test_who_restores_a_session_that_was_moved_is_told_where_it_is(logins: Logins) -> None:
    [notice] = data_of(logins.path, "restore", "dev", "--dry-run")["notices"]
    assert notice.startswith("slot feature-1 has the same login")
    made = data_of(logins.path, "sessions", "promote", "feature-1", "--to", "produktion", "--dry-run")
    assert made["notices"] == ["slot produktion is new; did you mean production"]


def test_to_any_other_slot(logins: Logins) -> None:
    logins.does("sessions", "promote", "feature-1", "--to", "production")
    assert logins.held() == {"production": 7}


def test_it_refuses(logins: Logins) -> None:
    def code(*arguments: str) -> tuple[str, int]:
        error = error_of(logins.path, "sessions", "promote", *arguments)
        return error["code"], error["status"]

    assert code("nowhere") == ("no-such-slot", 1)
    assert code("production") == ("unknown-origin", 2)
    assert code("production", "--to", "dev") == ("cannot-move", 1)
    for slot in ("dev", "feature-1"):
        with logins.held_elsewhere(slot):
            assert code("feature-1") == ("slot-busy", 11)
    with logins.written_without_wagit("feature-1"):
        assert code("feature-1") == ("slot-busy", 11)
    assert logins.held() == {"feature-1": 7}


@pytest.mark.parametrize("there", [None, 8])
def test_killed_before_each_step(there: int | None, logins: Logins) -> None:
    """What a crash leaves, the next command on either slot completes."""
    if there:
        logins.link("dev", there)
    before = {"feature-1": 7, "dev": there} if there else {"feature-1": 7}
    for _ in logins.killed_before_each_step(
        lambda: wagit(logins.path, "sessions", "promote", "feature-1"), least=30
    ):
        assert logins.held() in (before, {"dev": 7}, {"feature-1": 7})
        if logins.held() == before:
            logins.does("sessions", "promote", "feature-1")
        logins.does("use", "--auto")
        assert logins.held() == {"dev": 7}
        assert logins.aside() == ([there] if there else [])
        assert logins.snapshots("dev")[0].device == "7"


def merge(logins: Logins, branch: str = "feature/1-menu") -> list[str]:
    """Merge one new commit of a branch into `topic`, and return wagit's own lines."""
    logins.repo.git("-c", "core.hooksPath=/nowhere", "switch", "--quiet", branch)
    logins.repo.commit(f"{branch.replace('/', '-')}.js")
    logins.repo.git("-c", "core.hooksPath=/nowhere", "switch", "--quiet", "topic")
    ran = logins.repo.run("merge", "--quiet", "--no-edit", branch)
    assert ran.status == 0, ran
    return [line for line in ran.stderr.splitlines() if line.startswith("wagit: ")]


SUGGESTION = "wagit: session feature-1 came from dev: wagit sessions promote feature-1"


def test_a_merge_suggests_it(logins: Logins) -> None:
    assert merge(logins) == [SUGGESTION]
    assert logins.held() == {"feature-1": 7}
    assert merge(logins, "feature/2-cart") == []  # the other one was merged before, and nobody wanted it


def test_a_merge_into_another_slots_branch_says_nothing(logins: Logins) -> None:
    logins.repo.switch("feature/1-menu")
    logins.repo.commit("menu.js")
    logins.repo.switch("main")
    assert "wagit" not in logins.repo.run("merge", "--quiet", "feature/1-menu").stderr


def test_a_branch_without_commits_of_its_own_was_not_merged(logins: Logins) -> None:
    """It is in HEAD from the start: work on it has not even begun."""
    assert merge(logins, "feature/2-cart") == []


@pytest.mark.parametrize(
    ("wanted", "said", "holds"),
    [("ignore", [], "feature-1"), ("promote", ["wagit: session feature-1 is back in dev"], "dev")],
)
def test_on_merge(wanted: str, said: list[str], holds: str, tmp_path: Path) -> None:
    logins = moved(Logins.make(tmp_path, f"{MOVING}on_merge: {wanted}\n"))
    assert merge(logins) == said
    assert logins.held() == {holds: 7}


def test_on_merge_promote_leaves_a_slot_that_is_in_use(tmp_path: Path) -> None:
    logins = moved(Logins.make(tmp_path, f"{MOVING}on_merge: promote\n"))
    with logins.held_elsewhere("feature-1"):
        [said] = merge(logins)
    assert said.startswith(f"{SUGGESTION} (not done now: slot feature-1 is in use by")
    assert logins.held() == {"feature-1": 7}


def test_the_session_of_a_deleted_branch_is_suggested(logins: Logins) -> None:
    assert "came from" not in logins.does("sessions", "ls")
    logins.repo.git("branch", "--quiet", "-D", "feature/1-menu")
    assert f"{SUGGESTION}\n" in logins.does("sessions", "ls")
    found = {check["name"]: check for check in data_of(logins.path, "doctor")["checks"]}
    assert (found["origins"]["state"], found["origins"]["do"]) == (
        "warn", "wagit sessions promote feature-1",
    )  # fmt: skip
    logins.does("sessions", "promote", "feature-1")
    assert "came from" not in logins.does("sessions", "ls")


def test_a_rename_of_either_slot_keeps_the_way_back(logins: Logins) -> None:
    logins.does("sessions", "rename", "feature-1", "menu")
    logins.does("sessions", "rename", "dev", "base")
    assert logins.record("menu").origin == "base"
    logins.does("sessions", "promote", "menu")
    assert logins.held() == {"base": 7}
