"""Branches from before `.wagit.yml`: the default branch's decides, and is not asked again for nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.git import FIRST_DATE, GitRepo
from tests.support.setup import Setup

CONFIG = "version: 1\ndriver: wwebjs\ndefault: {slot}\n"


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    repo = GitRepo.init(tmp_path / "repo", "main", "old/1", "old/2")
    repo.commit(".wagit.yml", CONFIG.format(slot="dev"))
    reference = repo.git_dir / "refs" / "heads" / "main"
    os.utime(reference, (FIRST_DATE, FIRST_DATE))  # a commit of long ago
    return Setup(repo).init()


def answer(setup: Setup, branch: str) -> int:
    """Which file has the answer kept for a branch; it is another one each time it is decided anew."""
    return (setup.repo.state_dir / "routes" / branch).stat().st_ino


def test_the_hook_decides_with_builtins_between_branches_seen_before(setup: Setup) -> None:
    for branch in ("old/1", "old/2"):
        setup.repo.switch(branch)
    kept = answer(setup, "old/1")
    setup.repo.switch("old/1")
    assert answer(setup, "old/1") == kept
    assert setup.slot == "dev"


def test_a_new_config_on_the_default_branch_is_asked_for(setup: Setup, tmp_path: Path) -> None:
    for branch in ("old/1", "old/2"):
        setup.repo.switch(branch)
    main = setup.repo.add_worktree(tmp_path / "main", "main")
    main.commit(".wagit.yml", CONFIG.format(slot="other"))
    setup.repo.switch("old/1")
    assert setup.slot == "other"
