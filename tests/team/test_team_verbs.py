"""What people see: team push, pull, ls, status, lease and release, over a real git remote."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.docs import envelopes
from tests.support.git import GitRepo
from tests.support.mates import Mate
from wagit.cli import complete
from wagit.core.processes import host_name
from wagit.slots import holding


class Two(NamedTuple):
    """Ada and bob, and the bare repository that both cloned. Push 1 is ada's."""

    ada: Mate
    bob: Mate
    origin: GitRepo

    @property
    def refs(self) -> list[str]:
        """All that wagit has there."""
        return self.origin.git("for-each-ref", "--format=%(refname)", "refs/wagit").split()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: a team of two."""
    path = tmp_path_factory.mktemp("team") / "made"
    path.mkdir()
    ada = Mate.first(path, "ada")
    ada.ok("team", "init", "--name", "ada")
    ada.ok("trust", "--yes")
    ada.share("the team")
    bob = ada.another(path, "bob")
    line = bob.data("team", "init", "--name", "bob")["line"]
    ada.ok("team", "add", line)
    ada.ok("trust", "--yes")
    ada.share("bob joins")
    bob.fetch()
    bob.ok("trust", "--yes")
    ada.write(7)
    ada.ok("team", "push")
    return path


@pytest.fixture
def two(template: Path) -> Two:
    """The same at the same place, for each test anew: clones name their origin by its path."""
    kept = template.with_name("kept")
    if not kept.exists():
        shutil.copytree(template, kept, symlinks=True)
    shutil.rmtree(template)
    shutil.copytree(kept, template, symlinks=True)
    return Two(Mate(template, "ada"), Mate(template, "bob"), GitRepo(template / "origin.git"))


def documented(verb: str, found: Any) -> Any:
    """What a verb printed, which has the documented keys."""
    data = envelopes.DATA[verb]
    assert isinstance(data, envelopes.Data)
    for row in found if isinstance(found, list) else [found]:
        assert list(row) == list(data.fields)
    return found


def test_a_session_goes_from_one_to_the_other(two: Two) -> None:
    ada, bob, _ = two
    assert "staging   1      0     " in ada.ok("team", "ls")
    [row] = documented("team ls", bob.data("team", "ls"))
    assert (row["number"], row["by"], row["here"], row["holder"], row["online"]) == (
        1,
        "ada",
        "never",
        None,
        True,
    )

    told = documented("team pull", bob.data("team", "pull", "--dry-run"))
    assert (told["new"], told["dry_run"]) == (True, True)
    assert not bob.files
    assert "staging has push 1 by ada on " in bob.ok("team", "pull")
    assert bob.files == ada.files
    assert documented("team status", bob.data("team", "status"))["here"] == "up-to-date"
    assert "staging is up to date: push 1 by ada" in bob.ok("team", "pull")

    bob.write(7, x="[1]")
    assert "would push staging to " in bob.ok("team", "push", "--dry-run")
    assert documented("team push", bob.data("team", "push"))["number"] == 2
    assert "nothing to push: " in bob.ok("team", "push")
    assert "behind: wagit team pull" in ada.ok("team", "ls")
    assert "behind: wagit team pull" in ada.ok("team", "status")
    assert ada.data("team", "pull")["kept"] is False
    assert ada.files == bob.files


def test_a_push_over_a_newer_one_is_refused_with_what_to_do(two: Two) -> None:
    ada, bob, _ = two
    bob.ok("team", "pull")
    bob.write(7, x="[1]")
    bob.ok("team", "push")
    ada.write(7, x="[2]")
    error = ada.error("team", "push")
    assert (error["code"], error["status"]) == ("team-behind", 1)
    assert error["hint"] == "take theirs, which keeps yours as a snapshot: wagit team pull staging"
    said = ada.ok("team", "pull")
    assert "what was here was never pushed; it is a snapshot: wagit restore staging " in said
    assert ada.files == bob.files
    ada.ok(*said.strip().rpartition("wagit ")[2].split(), "--yes")
    assert ada.files["x.json"] == "[2]"


def test_one_holds_it_the_other_asks_and_gets_it(two: Two) -> None:
    ada, bob, _ = two
    assert "staging is free" in bob.ok("team", "lease")
    assert documented("team lease", bob.data("team", "lease", "--take"))["done"] == "taken"
    assert f"staging is held by bob on {host_name()}, for 5 min" in ada.ok("team", "lease")
    error = ada.error("team", "lease", "--take")
    assert (error["code"], error["status"]) == ("lease-held", 13)
    ada.write(7, x="[2]")
    assert ada.error("team", "push")["code"] == "lease-held"
    assert f"asked bob on {host_name()} for staging" in ada.ok("team", "lease", "--request")
    assert "ada asks for it: wagit down, or: wagit team release" in bob.ok("team", "lease")
    [row] = ada.data("team", "ls")
    assert (row["holder"], row["requested"], row["ours"]) == ("bob", "ada", False)
    assert 0 < row["left"] <= 315
    assert "held here" in bob.ok("team", "ls")
    assert "staging is free; ada asked for it" in bob.ok("team", "release")
    assert documented("team release", bob.data("team", "release"))["done"] is False
    assert "yours for" in ada.ok("team", "lease", "--take")
    ada.ok("team", "push")
    assert "held here" in ada.ok("team", "status")
    assert ada.error("team", "lease", "--take", "--request")["code"] == "usage"


def test_a_lease_whose_bot_runs_is_not_given_back(two: Two) -> None:
    two.ada.ok("team", "lease", "--take")
    with holding.hold(two.ada.store, "staging", "/", 0.0):
        assert two.ada.error("team", "release")["code"] == "slot-busy"
        assert two.ada.error("team", "push")["status"] == 11
    assert two.ada.data("team", "release")["done"] is True


def test_without_a_network_it_tells_what_was_last_known(two: Two) -> None:
    ada, bob, origin = two
    bob.ok("team", "pull")
    ada.ok("team", "lease", "--take")
    bob.ok("team", "ls")
    origin.path.rename(origin.path.with_name("away.git"))
    said = bob.ok("team", "ls")
    assert "this is what was last known" in said
    assert f"ada on {host_name()}, " in said
    [row] = bob.data("team", "ls")
    assert (row["online"], row["number"], row["here"]) == (False, 1, "up-to-date")
    assert "known    from" in bob.ok("team", "status")
    before = bob.files
    for verb in ("pull", "push", "lease", "release"):
        error = bob.error("team", verb)
        assert error["code"] in ("remote-unreachable", "remote-refused"), error
        assert error["hint"]
    assert bob.files == before


def test_a_slot_that_is_not_shared_is_named(two: Two) -> None:
    for verb in ("push", "pull", "status", "lease", "release"):
        error = two.ada.error("team", verb, "dev")
        assert (error["code"], error["status"]) == ("slot-not-shared", 2)
        assert error["message"] == "slot dev is not shared by the team; shared are: staging"
    two.ada.repo.git("switch", "-q", "-c", "topic")
    assert "name the one that is meant: staging" in two.ada.error("team", "push")["hint"]


def test_completion_knows_the_shared_slots(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    with two.ada.here():
        monkeypatch.chdir(two.ada.repo.path)
        assert complete.shared_slots("st") == ["staging"]
        assert complete.shared_slots("d") == []


def test_a_host_that_puts_an_older_copy_back_is_seen(two: Two) -> None:
    ada, bob, origin = two
    backup = origin.path.with_name("backup.git")
    shutil.copytree(origin.path, backup)
    ada.write(7, x="[2]")
    ada.ok("team", "push")
    bob.ok("team", "pull")
    shutil.rmtree(origin.path)
    backup.rename(origin.path)
    for mate in (ada, bob):
        for verb in ("pull", "push"):
            error = mate.error("team", verb)
            assert (error["code"], error["status"]) == ("team-rolled-back", 12)
    assert "was rolled back: it has push 1 of " in bob.ok("team", "ls")
    assert bob.files["x.json"] == "[2]"
    assert "staging has push 1 by ada" in bob.ok("team", "pull", "--accept-older")
    assert "x.json" not in bob.files
    bob.write(7, y="[3]")
    assert bob.data("team", "push")["number"] == 3
    assert ada.data("team", "pull")["number"] == 3


def test_sessions_that_were_pruned_there_are_missed_and_can_be_pushed_again(two: Two) -> None:
    ada, bob, origin = two
    for ref in two.refs:
        if not ref.endswith("/head"):
            origin.git("update-ref", "-d", ref)
    origin.git("gc", "--quiet", "--prune=now")
    error = bob.error("team", "pull")
    assert (error["code"], error["status"]) == ("team-data-gone", 12)
    assert not bob.files
    assert "push 2 of staging to " in ada.ok("team", "push")
    bob.ok("team", "pull")
    assert bob.files == ada.files


def test_who_was_removed_reads_nothing_that_is_pushed_from_then_on(two: Two) -> None:
    ada, bob, _ = two
    bob.ok("team", "pull")
    before = bob.files
    ada.ok("team", "remove", "bob")
    ada.ok("trust", "--yes")
    ada.write(7, x="[2]")
    ada.ok("team", "push")
    for verb in ("pull", "push"):
        ran = bob.run("team", verb)
        assert (ran.status, "none of your keys" in ran.stderr) == (14, True), ran
    assert bob.files == before
