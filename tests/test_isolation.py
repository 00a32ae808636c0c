from __future__ import annotations

import os
from pathlib import Path

from tests.support.git import GitRepo


def test_a_test_never_sees_the_users_home(home: Path, tmp_path: Path) -> None:
    assert Path.home() == home
    assert home not in tmp_path.parents
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "GIT_CONFIG_GLOBAL"):
        assert os.environ[name].startswith(f"{home}/")
    assert not [name for name in os.environ if name.startswith(("WAGIT", "WA_", "WHATSAPP_"))]


def test_commits_have_the_same_hashes_in_every_run(tmp_path: Path) -> None:
    first, second = (GitRepo.init(tmp_path / name) for name in ("first", "second"))
    assert first.head == second.head
    assert first.commit("a") == second.commit("a")
    assert first.git("log", "-1", "--format=%an %cn") == "Ada Author Cem Committer"


def test_the_driver_tells_how_git_ended(repo: GitRepo, tmp_path: Path) -> None:
    assert repo.branch == "main"
    assert repo.run("switch", "nowhere").status == 128
    assert "Switched to branch 'develop'" in repo.run("switch", "develop").stderr
    other = repo.add_worktree(tmp_path / "other", "-b", "side")
    assert (other.branch, other.common_dir) == ("side", repo.common_dir)
    assert repo.clone(tmp_path / "clone").branch == "develop"
    assert repo.shell("git status --short | cat").stdout == ""
