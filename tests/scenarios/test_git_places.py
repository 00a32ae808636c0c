"""Worktrees, clones, submodules, hook directories and repository formats: each has its own session."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.git import GitProgram, GitRepo
from tests.support.hooks import files_in
from tests.support.setup import CONFIG, LINK, Setup, data_of, error_of, ours, wagit, without_ours
from tests.support.twins import Twins
from wagit.core.store import Store
from wagit.slots import holding


def worktree(both: Twins, name: str) -> Setup:
    return Setup(GitRepo(both.path / name, both.repo.program))


def test_worktrees_have_bindings_of_their_own(both: Twins) -> None:
    both.git("worktree add ../wt develop")
    other = worktree(both, "../wt")
    assert other.slot == "staging"
    both.uses("production", "main")
    other.repo.switch("feature/1-menu")
    assert other.slot == "feature-1"
    (other.path / LINK / "login").write_text("kept")
    assert data_of(other.path, "which")["slot"] == "feature-1"
    both.uses("production", "main")
    both.git("-C ../wt switch --quiet feature/1-menu")
    both.git("worktree remove ../wt")
    assert (both.setup.store / "slots/feature-1/data/login").read_text() == "kept"
    both.uses("production", "main")
    both.git("switch feature/1-menu")
    assert (both.path / LINK / "login").read_text() == "kept"


def test_worktrees_of_new_branches_and_detached_ones(both: Twins) -> None:
    both.git("worktree add -b feature/6-wt ../wt6")
    assert worktree(both, "../wt6").slot == "feature-6"
    both.git("worktree add --detach ../wt7")
    assert worktree(both, "../wt7").slot == "dev"
    both.git("worktree add --no-checkout ../wt8 develop")
    assert wagit(both.path / "../wt8", "use", "--auto").status == 0
    assert worktree(both, "../wt8").slot == "staging"
    both.git("worktree list --porcelain")
    both.uses("production", "main")


def test_a_moved_worktree(both: Twins) -> None:
    both.git("worktree add ../wt develop")
    both.git("worktree move ../wt ../elsewhere")
    moved = worktree(both, "../elsewhere")
    assert moved.slot == "staging"
    moved.repo.switch("topic")
    assert moved.slot == "dev"


def test_a_repository_that_moved(both: Twins, tmp_path: Path) -> None:
    """Nothing but the config's place in `route` names the old path, and that only costs a resolve."""
    both.git("switch develop")
    moved = tmp_path / "moved"
    both.path.rename(moved)
    setup = Setup(GitRepo(moved, both.repo.program))
    assert setup.slot == "staging"
    setup.repo.switch("main")
    assert setup.slot == "production"


def test_the_second_worktree_on_a_slot_is_told(both: Twins) -> None:
    both.git("worktree add -b release/1 ../wt")
    other = worktree(both, "../wt")
    assert other.slot == "staging"
    both.git("switch develop")
    where = os.path.realpath(other.path)
    assert both.said == [
        "wagit: session staging (was production)",
        f"wagit: slot staging is also that of the worktree {where}; run one bot on it at a time",
    ]
    both.uses("staging", "develop")
    both.git("switch -c release/2")
    assert both.said == []


def test_the_second_worktree_on_a_slot_is_told_who_holds_it(both: Twins) -> None:
    both.git("worktree add -b release/1 ../wt")
    other = worktree(both, "../wt")
    with holding.hold(Store(str(both.setup.store)), "staging", str(other.path), 0.0):
        both.git("switch develop")
        assert "is in use by" in both.said[1]
        assert f"in {other.path}" in both.said[1]
        assert wagit(both.path, "run", "--", "true").status == 11
    both.git("switch main")
    with holding.hold(Store(str(both.setup.store)), "staging", str(both.path), 0.0):
        both.git("switch develop")
        assert both.said == ["wagit: session staging (was production)"]


def test_hooks_do_not_travel_with_a_clone(both: Twins) -> None:
    both.git("clone --quiet . ../clone")
    clone = Setup(GitRepo(both.path / "../clone", both.repo.program))
    both.git("-C ../clone switch develop")
    assert both.said == []
    assert error_of(clone.path, "status")["code"] == "no-store"
    assert error_of(clone.path, "status")["status"] == 10
    assert clone.init().slot == "staging"
    clone.repo.switch("main")
    assert clone.slot == "production"
    both.uses("production", "main")


@pytest.mark.parametrize("options", ["--no-checkout", "--bare", "--depth=1", "-b develop"])
def test_clones_of_every_kind(both: Twins, options: str) -> None:
    both.git(f"clone --quiet {options} file://{both.path} ../clone")
    assert both.said == []


@pytest.mark.parametrize("place", ["relative", "absolute", "worktree"])
def test_core_hooks_path(both: Twins, place: str) -> None:
    for repo in (both.repo, both.twin):
        directory = "my hooks" if place == "relative" else str(repo.path.parent / "my hooks")
        if place == "worktree":
            repo.config("extensions.worktreeConfig", "true")
        scope = "--worktree" if place == "worktree" else "--local"
        repo.git("config", scope, "core.hooksPath", directory)
    ran = wagit(both.path, "hooks", "install")
    assert ran.status == 0, ran
    both.git("switch develop")
    assert both.said == ["wagit: session staging (was production)"]
    both.uses("staging", "develop")
    (both.path / "sub").mkdir()
    (both.twin.path / "sub").mkdir()
    both.git("-C sub switch main")
    both.uses("production", "main")
    assert wagit(both.path, "hooks", "status").status == 0


def test_hooks_path_changed_behind_our_back(both: Twins) -> None:
    """Then no hook of ours may fire; the next command puts them back."""
    both.repo.config("core.hooksPath", "other")
    both.repo.switch("develop")
    assert wagit(both.path, "status").status == 0
    both.uses("staging", "develop")
    assert ours(both.repo.switch("main").stderr) == ["wagit: session production (was staging)"]


def test_a_worktree_with_a_config_of_its_own(both: Twins) -> None:
    for repo in (both.repo, both.twin):
        repo.config("extensions.worktreeConfig", "true")
    both.git("worktree add ../wt develop")
    both.git("-C ../wt config --worktree core.hooksPath ../wt-hooks")
    other = worktree(both, "../wt")
    assert wagit(other.path, "status").status == 0
    both.git("-C ../wt switch feature/1-menu")
    assert other.slot == "feature-1"
    both.git("switch topic")
    both.uses("dev", "topic")


@pytest.mark.parametrize("option", ["--object-format=sha256", "--object-format=sha1"])
def test_object_formats(any_git: GitProgram, tmp_path: Path, option: str) -> None:
    setup = Setup.make(tmp_path / "repo", git=any_git.path, options=(option,))
    for branch, slot in {"develop": "staging", "main": "production", "topic": "dev"}.items():
        assert ours(setup.repo.switch(branch).stderr)
        assert setup.slot == slot
    setup.repo.git("checkout", "--quiet", "--detach")
    setup.repo.git("bisect", "start")
    assert data_of(setup.path, "which")["slot"] == "dev"


def test_an_orphan_in_a_reftable_repository_notices_main(git_new: GitProgram, tmp_path: Path) -> None:
    """Refs have no files of their own there: the table of contents tells that main has changed."""
    setup = Setup.make(tmp_path / "repo", git=git_new.path, options=("--ref-format=reftable",))
    other = setup.repo.add_worktree(tmp_path / "wt", "develop")
    setup.repo.git("switch", "--orphan", "feature/9-new")
    assert setup.slot == "feature-9"
    setup.repo.commit("first.js")
    other.switch("main")
    other.commit(".wagit.yml", CONFIG.replace('slot: "feature-{ticket}"', 'slot: "f{ticket}"'))
    setup.repo.switch("topic")
    setup.repo.switch("feature/9-new")
    assert setup.slot == "f9"


def test_a_separate_git_directory(any_git: GitProgram, tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo", git=any_git.path, options=(f"--separate-git-dir={tmp_path}/else",))
    setup.repo.switch("develop")
    assert setup.slot == "staging"


def test_git_dir_and_work_tree_in_the_environment(both: Twins) -> None:
    both.git("worktree add ../wt develop")
    place = {"GIT_DIR": ".git", "GIT_WORK_TREE": "."}
    both.git("switch feature/1-menu", env=place)
    both.uses("feature-1", "feature/1-menu")
    for repo in (both.repo, both.twin):
        shutil.copytree(repo.path, repo.path.parent / "copy", symlinks=True)
    elsewhere = {"GIT_DIR": str(both.repo.git_dir), "GIT_WORK_TREE": str(both.path)}
    ran = GitRepo(tmp := both.path.parent, both.repo.program).run("switch", "main", env=elsewhere)
    assert (ran.status, without_ours(ran.stderr)) == (0, "Switched to branch 'main'\n"), tmp
    both.uses("production", "main")


def test_clean_leaves_everything(both: Twins) -> None:
    before = files_in(both.setup.store)
    (both.path / LINK / "login").write_text("kept")
    both.git("clean -fdxq")
    assert not os.path.lexists(both.path / LINK)
    after = files_in(both.setup.store)
    assert after.pop("slots/production/data/login")[2] == b"kept"
    assert after == before
    assert wagit(both.path, "use", "--auto").status == 0
    assert (both.path / LINK / "login").read_text() == "kept"
    both.uses("production", "main")
