"""Where hooks are, by core.hooksPath and its kin, and where wagit must not write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.git import GitRepo, write_hook
from tests.support.hooks import ALL_FIRE, events, files_in, hooks_and_config, wagit_sees
from wagit.githooks.changes import HooksNotWritable
from wagit.githooks.install import ensure, install, plan, uninstall
from wagit.githooks.status import status
from wagit.githooks.texts import EVENTS


@pytest.mark.parametrize("how", ["relative", "absolute", "outside", "worktree config"])
def test_core_hooks_path_is_honoured(repo: GitRepo, tmp_path: Path, how: str) -> None:
    places = {"relative": "my hooks", "absolute": f"{repo.path}/hooks-here", "outside": f"{tmp_path}/outside"}
    if how == "worktree config":
        repo.config("extensions.worktreeConfig", "true")
        repo.git("config", "--worktree", "core.hooksPath", "of-this-one")
    else:
        repo.config("core.hooksPath", places[how])
    directory = repo.path / places.get(how, "of-this-one")
    here = wagit_sees(repo)
    install(here, how="file")
    assert events(status(here)) == ALL_FIRE
    assert sorted(os.listdir(directory)) == sorted(EVENTS)
    uninstall(here)
    assert not directory.exists()


def test_each_worktree_has_a_relative_hooks_path_of_its_own(repo: GitRepo, tmp_path: Path) -> None:
    repo.config("core.hooksPath", "hooks-here")
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    install(wagit_sees(repo), how="file")
    assert [each.fires for each in status(wagit_sees(linked))] == [False] * 3
    assert len(ensure(wagit_sees(linked))) == 3
    assert events(status(wagit_sees(linked))) == ALL_FIRE
    uninstall(wagit_sees(repo))
    assert not (linked.path / "hooks-here").exists()


def test_hooks_that_moved_are_found_again(repo: GitRepo) -> None:
    before, here = hooks_and_config(repo), wagit_sees(repo)
    install(here, how="file")
    repo.config("core.hooksPath", "elsewhere")
    assert len(ensure(here)) == 3
    assert events(status(here)) == ALL_FIRE
    uninstall(here)
    repo.git("config", "--unset", "core.hooksPath")
    kept = {name: file for name, file in before.items() if name != "../config"}
    assert files_in(repo.git_dir / "hooks") == kept


@pytest.mark.parametrize("shared", ["versioned", "versioned neighbour", "the user's", "linked away"])
def test_files_that_others_share_are_left_alone(
    repo: GitRepo, tmp_path: Path, home: Path, shared: str
) -> None:
    directory = repo.path / ".githooks"
    if shared.startswith("versioned"):
        repo.config("core.hooksPath", ".githooks")
        name = "post-checkout" if shared == "versioned" else "pre-commit"
        write_hook(directory / name, "#!/bin/sh\n")
        repo.commit(f".githooks/{name}", "#!/bin/sh\n")
        (directory / name).chmod(0o755)
    elif shared == "the user's":
        directory = home / "hooks"
        repo.git("config", "--global", "core.hooksPath", "~/hooks")
    else:
        directory = tmp_path / "elsewhere"
        directory.mkdir()
        (repo.git_dir / "hooks").rename(tmp_path / "old")
        (repo.git_dir / "hooks").symlink_to(directory)
    before, here = files_in(directory), wagit_sees(repo)
    changes = install(here, how="file")
    assert {change.action for change in changes} == {"refuse"}
    assert files_in(directory) == before
    assert [each.fires for each in status(here)] == [False] * 3
    assert ensure(here) == []

    for change in changes:  # do what it says
        line = change.detail.partition(": ")[2]
        write_hook(directory / change.event, f"#!/bin/sh\n{line}\n")
    assert events(status(here)) == ALL_FIRE
    assert {change.action for change in plan(here, how="file")} <= {"install"}
    uninstall(here)
    assert [each.fires for each in status(here)] == [False] * 3
    assert repo.run("switch", "-c", "new").status == 0


def test_hooks_that_are_switched_off_are_left_off(repo: GitRepo) -> None:
    repo.config("core.hooksPath", "/dev/null")
    assert {change.action for change in install(wagit_sees(repo), how="file")} == {"refuse"}


def test_a_place_that_cannot_be_written_is_named(repo: GitRepo) -> None:
    repo.config("core.hooksPath", "/proc/self/hooks")
    with pytest.raises(HooksNotWritable, match="/proc/self/hooks"):
        install(wagit_sees(repo), how="file")
