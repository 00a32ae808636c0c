from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from tests.support.config import load_at, write_user_config
from tests.support.git import GitRepo
from wagit.config import digest
from wagit.core.repository import Repository, find, from_hook

LIGHT = """
import sys
from wagit.core.repository import from_hook
from wagit.config.digest import deciding, store_root
import os
decided = deciding(from_hook(sys.argv[1], ".git"), os.environ)
store_root(sys.argv[1], os.environ)
heavy = {"yaml", "pydantic", "dataclasses", "pathlib", "subprocess", "_hashlib"}
assert not heavy & set(sys.modules), sys.modules
print(decided.digest)
"""


def here(repo: GitRepo) -> Repository:
    return find(str(repo.path))


def digest_at(repo: GitRepo, **env: str) -> str | None:
    decided = digest.deciding(here(repo), {**os.environ, **env})
    return decided.digest if decided else None


def test_is_the_digest_and_the_files_that_load_sees(repo: GitRepo, home: Path, tmp_path: Path) -> None:
    repo.commit(".wagit.yml", "default: a\n")
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    linked.write(".wagit.yml", "default: b\n")
    write_user_config(home, "launch: never\n")
    repo.write(".wagit.local.yml", "default: c\n")
    for worktree in (repo, linked):
        decided = digest.deciding(here(worktree), os.environ)
        config = load_at(worktree)
        assert decided is not None
        assert (decided.digest, decided.files) == (config.digest, config.files)
    assert [file.existed for file in load_at(linked).files] == [True, True, False, True]


def test_is_the_same_for_a_branch_before_and_after_the_switch(repo: GitRepo) -> None:
    for text in ("default: a\n", "default: a", "default: a\n\n", ""):
        repo.commit(".wagit.yml", text)
        repo.switch("develop")
        before = load_at(repo, "main").digest
        repo.switch("main")
        assert digest_at(repo) == load_at(repo).digest == before, text


def test_changes_with_every_file_and_every_routing_name(repo: GitRepo, home: Path) -> None:
    repo.write(".wagit.yml", "default: a\n")
    seen = [digest_at(repo)]
    repo.write(".wagit.yml", "default: b\n")
    seen.append(digest_at(repo))
    repo.write(".wagit.local.yml", "default: b\n")
    seen.append(digest_at(repo))
    write_user_config(home, "default: b\n")
    seen.append(digest_at(repo))
    seen += [digest_at(repo, **{name: "x"}) for name in digest.ROUTING_NAMES]
    assert len(set(seen)) == len(seen)
    assert digest_at(repo, WAGIT_LAUNCH="never", PATH="/x") == seen[3]


def test_is_unknown_where_git_or_a_reader_of_yaml_has_to_be_asked(repo: GitRepo) -> None:
    assert digest_at(repo) is None
    repo.write(".wagit.yml", "#" * (digest.LARGEST + 1))
    assert digest_at(repo) is None
    repo.write(".wagit.yml", "")
    assert digest_at(repo) is not None
    os.mkfifo(repo.path / ".wagit.local.yml")
    assert digest_at(repo) is None


def test_needs_the_standard_library_alone(repo: GitRepo) -> None:
    repo.write(".wagit.yml", "default: a\n")
    done = subprocess.run(
        [sys.executable, "-S", "-c", LIGHT, str(repo.path)],
        env={**os.environ, "PYTHONPATH": os.getcwd()}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == load_at(repo).digest


def test_the_hooks_repository_gives_the_same_digest(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit(".wagit.yml", "default: a\n")
    linked = repo.add_worktree(tmp_path / "linked", "-b", "linked")
    for worktree in (repo, linked):
        seen = digest.deciding(from_hook(str(worktree.path), str(worktree.git_dir)), os.environ)
        assert seen is not None
        assert seen.digest == load_at(worktree).digest


def test_the_users_file_is_where_platformdirs_has_it(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert digest.user_file(os.environ) == os.path.join(platformdirs.user_config_dir("wagit"), "config.yml")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert digest.user_file(os.environ) == os.path.join(platformdirs.user_config_dir("wagit"), "config.yml")
    assert digest.user_file({"HOME": str(home)}) == str(home / ".config/wagit/config.yml")
    assert digest.user_file({}) is None


def test_the_store_is_in_the_repository_unless_the_user_moves_it(
    repo: GitRepo, home: Path, tmp_path: Path
) -> None:
    common = str(repo.common_dir)
    assert digest.store_root(common, os.environ) == os.path.join(common, "wagit")
    for line in (
        "store: ~/sessions",
        "store: '~/sessions'",
        'store:   "~/sessions"  # mine',
        "store: ~/sessions # mine",
    ):
        write_user_config(home, f"launch: never\n{line}\n")
        root = digest.store_root(common, os.environ)
        assert os.path.dirname(root) == str(home / "sessions")
        assert load_at(repo).settings.store == "~/sessions"
    moved = digest.store_root(common, {**os.environ, "WAGIT_STORE": str(tmp_path)})
    assert os.path.dirname(moved) == str(tmp_path)
    assert os.path.basename(moved).startswith("repo-")
    assert moved != digest.store_root(common + "x", {"WAGIT_STORE": str(tmp_path)})


def test_a_store_that_is_no_path_is_refused(repo: GitRepo) -> None:
    with pytest.raises(digest.BadStore, match="'here' is not an absolute path"):
        digest.store_root(str(repo.common_dir), {"WAGIT_STORE": "here"})
