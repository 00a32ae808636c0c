"""git's ways to change history: the session stays while a rebase or bisect runs, and is right behind it."""

from __future__ import annotations

import pytest

from tests.support.setup import CONFIG, data_of
from tests.support.twins import Twins

NEW_CONFIG = CONFIG.replace("slot: production", "slot: renamed")


def how(both: Twins) -> tuple[str | None, str]:
    """The effective branch as `which` tells it, and the slot."""
    found = data_of(both.path, "which")
    return found["branch"], found["slot"]


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_rebase(both: Twins, backend: str) -> None:
    both.git("switch feature/1-menu")
    both.git(f"rebase {backend} main")
    assert both.said == []
    both.uses("feature-1", "feature/1-menu")


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
@pytest.mark.parametrize("end", ["--abort", "--skip", "--continue"])
def test_rebase_with_a_conflict(both: Twins, backend: str, end: str) -> None:
    both.git("switch feature/2-cart")
    both.git(f"rebase {backend} main", status=1)
    both.uses("feature-2", "feature/2-cart")
    if end == "--continue":
        both.write("menu.js", "mended\n")
        both.git("add menu.js")
    both.git(f"rebase {end}")
    assert both.said == []
    both.uses("feature-2", "feature/2-cart")
    both.git("switch main")
    both.uses("production", "main")


def test_rebase_i(both: Twins) -> None:
    both.git("switch feature/1-menu")
    both.git(
        "rebase -i main", env={"GIT_SEQUENCE_EDITOR": "sed -i -e 1s/^pick/edit/ -e '2s/^pick/break\\n&/'"}
    )
    both.uses("feature-1", "feature/1-menu")
    both.git("commit --amend -m edited")
    both.git("rebase --continue")
    both.uses("feature-1", "feature/1-menu")
    both.git("rebase --continue")
    both.uses("feature-1", "feature/1-menu")
    assert both.repo.branch == "feature/1-menu"


def test_switching_away_in_the_middle_of_a_rebase(both: Twins) -> None:
    both.git("switch feature/2-cart")
    both.git("rebase main", status=1)
    both.git("switch develop", status=128)
    both.git("rebase --quit")
    both.git("checkout --force develop")
    both.uses("staging", "develop")


def test_rebase_fast_forward_only(both: Twins) -> None:
    both.git("switch -c feature/4-behind v1")
    both.git("rebase main")
    both.uses("feature-4", "feature/4-behind")


def test_rebase_of_another_branch(both: Twins) -> None:
    both.git("switch develop")
    both.git("rebase main feature/1-menu")
    assert both.said == ["wagit: session feature-1 (was staging)"]
    both.uses("feature-1", "feature/1-menu")


def test_rebase_onto_a_new_config(both: Twins) -> None:
    """While the rebase runs the slot stays; at its end the config that came along decides."""
    both.commit(".wagit.yml", CONFIG.replace('slot: "feature-{ticket}"', 'slot: "f{ticket}"'))
    both.git("switch feature/1-menu")
    both.uses("feature-1", "feature/1-menu")
    both.git("rebase main")
    assert both.said == ["wagit: session f1 (was feature-1)"]
    both.uses("f1", "feature/1-menu")


def test_merges(both: Twins) -> None:
    both.git("merge develop")
    both.git("merge --no-ff -m merged feature/1-menu")
    both.git("switch -c feature/4-behind v1")
    both.git("merge --ff-only main")
    both.uses("feature-4", "feature/4-behind")
    both.git("switch develop")
    both.git("merge main")
    both.uses("staging", "develop")


@pytest.mark.parametrize("end", ["merge --abort", "commit -am merged"])
def test_merge_with_a_conflict(both: Twins, end: str) -> None:
    both.git("merge feature/2-cart", status=1)
    both.uses("production", "main")
    if "commit" in end:
        both.write("menu.js", "mended\n")
    both.git(end)
    both.uses("production", "main")


def test_a_merge_that_brings_a_config(both: Twins) -> None:
    both.git("switch -c topic2")
    both.commit(".wagit.yml", NEW_CONFIG)
    both.git("switch main")
    both.git("merge topic2")
    assert both.said == ["wagit: session renamed (was production)"]
    both.uses("renamed", "main")


def test_squash_cherry_pick_and_revert(both: Twins) -> None:
    both.git("merge --squash develop")
    both.git("commit -m squashed")
    both.git("cherry-pick feature/1-menu~1")
    both.git("cherry-pick feature/2-cart", status=1)
    both.uses("production", "main")
    both.git("cherry-pick --abort")
    both.git("revert HEAD")
    both.uses("production", "main")


def test_pull(both: Twins) -> None:
    both.git("switch -c ahead")
    both.commit(".wagit.yml", NEW_CONFIG)
    both.git("push --quiet origin ahead:main")
    both.git("switch main")
    both.uses("production", "main")
    both.git("pull")
    both.uses("renamed", "main")


@pytest.mark.parametrize("options", ["--rebase", "--rebase=interactive", "--no-rebase"])
def test_pull_with_commits_of_both_sides(both: Twins, options: str) -> None:
    both.git("switch -c ahead")
    both.commit(".wagit.yml", NEW_CONFIG)
    both.git("push --quiet origin ahead:main")
    both.git("switch main")
    both.commit("mine.js")
    both.git(f"pull {options}")
    both.uses("renamed", "main")


def test_pull_rebase_with_a_conflict(both: Twins) -> None:
    both.git("switch -c ahead")
    both.commit("menu.js", "theirs\n")
    both.git("push --quiet origin ahead:main")
    both.git("switch main")
    both.commit("menu.js", "mine\n")
    both.git("pull --rebase", status=1)
    both.uses("production", "main")
    both.git("rebase --abort")
    both.uses("production", "main")


def test_stash_and_stash_branch(both: Twins) -> None:
    both.write("menu.js", "stashed\n")
    both.git("stash")
    both.uses("production", "main")
    both.git("switch develop")
    both.git("stash branch feature/8-stashed")
    assert both.said == ["wagit: session feature-8 (was staging)"]
    both.uses("feature-8", "feature/8-stashed")


def test_bisect(both: Twins) -> None:
    both.git("switch feature/1-menu")
    both.git("bisect start")
    both.git("bisect bad")
    both.git("bisect good v1~1")
    for step in ("good", "good"):
        both.git(f"bisect {step}")
        assert both.said == []
        both.uses("feature-1", "feature/1-menu")
    both.uses("feature-1", "feature/1-menu")
    both.git("bisect reset")
    assert both.said == []
    both.uses("feature-1", "feature/1-menu")


def test_bisect_run(both: Twins) -> None:
    both.git("switch develop")
    both.git("bisect start develop v1~1 --")
    both.uses("staging", "develop")
    both.git("bisect run test ! -e a.js")
    both.uses("staging", "develop")
    both.git("bisect reset main")
    both.uses("production", "main")


def test_amend(both: Twins) -> None:
    both.git("commit --amend -m better")
    assert both.said == []
    both.uses("production", "main")
    both.write(".wagit.yml", NEW_CONFIG)
    both.git("commit --all --amend --no-edit")
    assert both.said == ["wagit: session renamed (was production)"]
    both.uses("renamed", "main")


def test_reset_to_a_new_config_fires_nothing(both: Twins) -> None:
    both.git("switch -c topic2")
    both.commit(".wagit.yml", NEW_CONFIG)
    both.git("switch main")
    both.git("reset --hard topic2")
    both.lags("production")
    both.uses("renamed", "main")
