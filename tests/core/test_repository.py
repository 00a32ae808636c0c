"""The repository that files tell is the one git tells, or none at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from wagit.core.repository import find, find_plain


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo.init(tmp_path / "repo")


def test_in_the_worktree_below_it_and_through_a_link(repo: GitRepo, tmp_path: Path) -> None:
    below = repo.path / "a" / "b"
    below.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(below)
    for place in (repo.path, below, link):
        assert find_plain(str(place), os.environ) == find(str(place))


def test_in_a_linked_worktree(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    assert find_plain(str(tmp_path / "other"), os.environ) == find(str(tmp_path / "other"))


@pytest.mark.parametrize(
    "config",
    ["core.worktree=/elsewhere", "core.bare=true", "include.path=more", "extensions.worktreeConfig=true"],
)
def test_git_is_asked_when_its_config_may_name_another_place(repo: GitRepo, config: str) -> None:
    repo.git("config", *config.split("="))
    assert find_plain(str(repo.path), os.environ) is None


def test_git_is_asked_inside_a_git_directory_in_a_submodule_and_outside(
    repo: GitRepo, tmp_path: Path
) -> None:
    assert find_plain(str(repo.path / ".git"), os.environ) is None
    assert find_plain(str(repo.path / ".git" / "refs"), os.environ) is None
    assert find_plain(str(tmp_path), os.environ) is None
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo.path), "part")
    assert find_plain(str(repo.path / "part"), os.environ) is None
    assert find_plain(str(repo.path), {"GIT_CEILING_DIRECTORIES": "/"}) is None


def test_git_is_asked_about_what_another_user_owns(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.getuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert find_plain(str(repo.path), os.environ) is None
