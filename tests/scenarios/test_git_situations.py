"""git's ways to change what is checked out: the session follows, and git answers as without wagit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import GitProgram, GitRepo
from tests.support.setup import CONFIG, Setup, data_of, wagit
from tests.support.twins import Twins


def test_switch(both: Twins) -> None:
    both.uses("production", "main")
    both.git("switch develop")
    assert both.said == ["wagit: session staging (was production)"]
    both.uses("staging", "develop")
    both.git("switch main")
    both.git("switch -")
    both.uses("staging", "develop")
    both.git("checkout topic")
    both.uses("dev", "topic")


def test_switch_to_a_branch_of_the_same_slot(both: Twins) -> None:
    both.git("switch develop")
    both.git("switch -c release/1")
    assert both.said == []
    both.uses("staging", "release/1")


def test_a_switch_that_git_refuses(both: Twins) -> None:
    both.write("menu.js", "not committed\n")
    both.git("switch feature/2-cart", status=1)
    both.git("switch nowhere", status=128)
    assert both.said == []
    both.uses("production", "main")


def test_switch_c_makes_a_slot(both: Twins) -> None:
    both.git("switch -c feature/7-new")
    assert both.said == ["wagit: session feature-7 (was production)"]
    both.uses("feature-7", "feature/7-new")
    both.git("checkout -b feature/8-too develop")
    both.uses("feature-8", "feature/8-too")
    both.git("branch -D feature/7-new")
    both.git("switch -C feature/7-new")
    both.uses("feature-7", "feature/7-new")


def test_a_branch_of_a_remote(both: Twins) -> None:
    both.git("branch -D feature/2-cart")
    both.git("switch feature/2-cart")
    both.uses("feature-2", "feature/2-cart")


def test_checkout_of_files(both: Twins) -> None:
    both.git("checkout develop -- a.js")
    both.git("restore --source feature/1-menu b.js")
    both.git("checkout .")
    assert both.said == []
    both.uses("production", "main")


def test_a_tag_keeps_the_slot(both: Twins) -> None:
    both.git("checkout v1")
    assert both.said == []
    both.uses("production", None)
    both.git("switch develop")
    both.uses("staging", "develop")


def test_a_detached_head_keeps_the_slot(both: Twins) -> None:
    both.git("switch --detach develop")
    both.uses("production", None)
    both.commit("d.js")
    both.git("switch develop")
    both.git("checkout HEAD~1")
    both.uses("staging", None)
    both.git("switch -c feature/5-from-here")
    both.uses("feature-5", "feature/5-from-here")


def test_an_orphan_uses_the_config_of_the_default_branch(both: Twins) -> None:
    both.git("switch --orphan feature/9-new")
    both.uses("feature-9", "feature/9-new")
    assert data_of(both.path, "which")["source"].startswith("main:.wagit.yml:")
    both.commit("first.js")
    both.git("switch main")
    both.uses("production", "main")
    both.git("switch feature/9-new")
    both.uses("feature-9", "feature/9-new")


def test_an_older_branch_without_config(both: Twins) -> None:
    both.git("switch -c feature/3-old main~3")
    assert not (both.path / ".wagit.yml").exists()
    both.uses("feature-3", "feature/3-old")
    both.git("switch main")
    both.uses("production", "main")


def test_each_branch_has_its_own_config(both: Twins) -> None:
    both.git("switch develop")
    both.commit(".wagit.yml", CONFIG.replace("slot: staging", "slot: renamed"))
    both.git("switch main")
    both.uses("production", "main")
    both.git("switch develop")
    both.uses("renamed", "develop")
    both.git("switch -c release/2 main")
    both.uses("staging", "release/2")


def test_an_unborn_branch(any_git: GitProgram, tmp_path: Path) -> None:
    """Branches of an empty repository change without a hook: the next command resolves."""
    repo = GitRepo(tmp_path, any_git.path)
    repo.git("init", "--quiet")
    repo.write(".wagit.yml", CONFIG)
    setup = Setup(repo).init()
    assert setup.slot == "production"
    assert repo.switch("develop", "-c").stderr.splitlines()[-1] == "Switched to a new branch 'develop'"
    assert wagit(repo.path, "use", "--auto").stdout == "slot staging (was production)\n"
    assert setup.slot == "staging"
    repo.commit(".wagit.yml", CONFIG)
    repo.switch("main", "-c")
    assert setup.slot == "production"


def test_branch_m_fires_nothing(both: Twins) -> None:
    both.git("switch develop")
    both.git("branch -m feature/5-moved")
    both.lags("staging")
    both.uses("feature-5", "feature/5-moved")
    both.git("switch main")
    both.git("branch -m feature/5-moved feature/6-moved")
    both.git("switch feature/6-moved")
    both.uses("feature-6", "feature/6-moved")


def test_symbolic_ref_fires_nothing(both: Twins) -> None:
    both.git("symbolic-ref HEAD refs/heads/develop")
    both.lags("production")
    both.uses("staging", "develop")


def test_a_branch_where_a_directory_of_branches_was(both: Twins) -> None:
    """`feature` and `feature/1` cannot be at once, and neither can what is kept for them."""
    for branch in ("feature/1-menu", "feature/2-cart"):
        both.git(f"switch {branch}")
    both.git("switch main")
    both.git("branch -D feature/1-menu feature/2-cart")
    both.git("switch -c feature")
    both.uses("dev", "feature")
    both.git("switch main")
    both.git("branch -d feature")
    both.git("switch -c feature/1-menu")
    both.uses("feature-1", "feature/1-menu")


NAMES = [
    "it's",
    'say"hi"',
    "$HOME",
    "`id`;$IFS",
    "\u00fcml\u00e4ut/\u65e5\u672c\u8a9e",
    "UPPER#%s",
    "{x}",
    "feature/" + "b" * 192,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_of_any_name(both: Twins, name: str) -> None:
    """Strategy branch: the branch's name makes the slot's, and goes through sh, files and git."""
    (both.path / ".wagit.local.yml").write_text("strategy: branch\n")
    for repo in (both.repo, both.twin):
        repo.git("branch", "--", name)
    answers = [repo.switch(name).stderr for repo in (both.repo, both.twin)]
    assert (
        "".join(line for line in answers[0].splitlines(True) if not line.startswith("wagit:")) == answers[1]
    )
    slot = both.setup.slot
    assert data_of(both.path, "which")["branch"] == name
    assert sorted(path.name for path in both.path.iterdir()) == sorted(
        [*(path.name for path in both.twin.path.iterdir()), ".wagit.local.yml", ".wwebjs_auth"]
    )
    both.git("switch main")
    assert both.setup.slot == "main"
    assert both.repo.switch(name).stderr.splitlines()[-1] == f"wagit: session {slot} (was main)"


@pytest.mark.parametrize(
    "name", ["with space", 'it\'s $HOME "x" \\', "\u00fcml\u00e4ut-\u65e5\u672c", "a" * 200]
)
def test_a_repository_at_any_path(any_git: GitProgram, tmp_path: Path, name: str) -> None:
    setup = Setup.make(tmp_path / name, git=any_git.path)
    for _ in range(2):
        assert setup.repo.switch("develop").stderr.splitlines()[-1].startswith("wagit: session staging")
        assert setup.slot == "staging"
        setup.repo.switch("main")
        assert setup.slot == "production"
    other = setup.repo.add_worktree(tmp_path / f"{name} 2", "feature/1-menu")
    assert Setup(other).slot == "feature-1"
    assert data_of(other.path, "status")["slot"] == "feature-1"
