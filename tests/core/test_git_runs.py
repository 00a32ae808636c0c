from __future__ import annotations

from pathlib import Path

import pytest

from wagit.core.git import GitFailed, clean_environ, git_version, run_git


def test_a_git_that_hangs_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="did not answer within") as caught:
        run_git("-c", "alias.hang=!sleep 3", "hang", cwd=str(tmp_path), timeout=0.2)
    assert "hook" in caught.value.hint


def test_what_git_says_last_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitFailed) as caught:
        run_git("rev-parse", "HEAD", cwd=str(tmp_path))
    assert caught.value.message.startswith("git rev-parse: not a git repository")


def test_a_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="is not a directory"):
        run_git("version", cwd=str(tmp_path / "gone"))


def test_variables_that_name_a_repository_are_not_passed_on() -> None:
    given = {"GIT_DIR": "/x", "GIT_INDEX_FILE": "/y", "GIT_SSH_COMMAND": "ssh", "PATH": "/bin"}
    assert clean_environ(given) == {"GIT_SSH_COMMAND": "ssh", "PATH": "/bin"}


def test_the_version_is_numbers() -> None:
    assert git_version() >= (2, 31)
