"""The installed hooks under real git: every event, an empty PATH, a pipe, Ctrl-C, a broken wagit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.git import GitProgram, GitRepo, interrupt, write_hook
from tests.support.hooks import ROOT, Stub, files_in, settle, wagit_sees
from wagit.githooks import places
from wagit.githooks.install import install, uninstall
from wagit.githooks.places import hook_files
from wagit.operations import hooks


def test_git_itself_fires_the_hook(any_git: GitProgram, repo: GitRepo, wagit: Stub) -> None:
    repo.program = any_git.path
    settle(repo, "dev", "main", "develop")
    for event in ("post-checkout", "post-merge", "post-rewrite"):
        write_hook(repo.git_dir / "hooks" / event, f"#!/bin/sh\n{wagit.preamble(event)}")
    repo.switch("develop")
    assert wagit.events == []
    repo.switch("feature/1")
    repo.commit("menu.js")
    repo.git("commit", "--amend", "-m", "better")
    repo.git("merge", "--no-edit", "develop")
    assert wagit.events == ["post-checkout", "post-rewrite"]  # nothing was merged
    repo.switch("develop")
    repo.git("merge", "--no-edit", "feature/1")
    assert wagit.events[2:] == []  # develop is settled
    (repo.state_dir / "route").unlink()
    repo.git("reset", "--quiet", "--hard", "main")
    repo.git("merge", "--no-edit", "feature/1")
    assert wagit.events[2:] == ["post-merge"]


def test_an_empty_path_is_enough(any_git: GitProgram, repo: GitRepo, wagit: Stub) -> None:
    repo.program = any_git.path
    install(wagit_sees(repo))
    ran = repo.run("switch", "develop", env={"PATH": ""})
    assert (ran.status, ran.stderr) == (0, "Switched to branch 'develop'\n")
    assert wagit.calls == [["post-checkout", str(repo.path), ".git"]]


def test_wagit_0_switches_off_what_is_installed(any_git: GitProgram, repo: GitRepo, wagit: Stub) -> None:
    repo.program = any_git.path
    install(wagit_sees(repo))
    repo.git("switch", "develop", env={"WAGIT": "0"})
    assert wagit.calls == []


def test_ctrl_c_during_the_hook_leaves_nothing(any_git: GitProgram, repo: GitRepo, wagit: Stub) -> None:
    repo.program = any_git.path
    install(wagit_sees(repo))
    fifo = wagit.home / "started"
    os.mkfifo(fifo)
    wait = f"import time\nopen({str(fifo)!r}, 'w').close()\ntime.sleep(50)\n"
    program = wagit.home / "hook.py"
    once = program.read_text()
    program.write_text(once + wait)
    before = files_in(repo.git_dir / "hooks")
    process = repo.start("switch", "develop")
    fifo.read_text()  # until the hook runs
    interrupt(process)
    process.communicate(timeout=30)
    assert repo.branch == "develop"
    assert files_in(repo.git_dir / "hooks") == before
    assert not [name for name in os.listdir(repo.git_dir) if name.endswith(".lock")]
    program.write_text(once)
    assert repo.run("switch", "main").status == 0
    assert len(wagit.calls) == 2


def test_a_new_worktree_and_a_rebase_fire(
    any_git: GitProgram, repo: GitRepo, wagit: Stub, tmp_path: Path
) -> None:
    repo.program = any_git.path
    install(wagit_sees(repo))
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    linked.commit("menu.js")
    linked.git("rebase", "--quiet", "--force-rebase", "main")
    assert "post-rewrite" in wagit.events
    assert {call[1] for call in wagit.calls} == {str(linked.path)}
    assert {os.path.join(call[1], call[2]) for call in wagit.calls} == {str(linked.git_dir)}


def test_a_store_that_was_deleted_is_no_error(any_git: GitProgram, repo: GitRepo, wagit: Stub) -> None:
    repo.program = any_git.path
    install(wagit_sees(repo))
    shutil.rmtree(repo.common_dir / "wagit")
    ran = repo.run("switch", "develop")
    assert (ran.status, ran.stderr, wagit.calls) == (0, "Switched to branch 'develop'\n", [])
    uninstall(wagit_sees(repo))
    assert "wagit" not in (repo.git_dir / "config").read_text()


def test_the_operations_tell_what_they_did(any_git: GitProgram, repo: GitRepo) -> None:
    repo.program = any_git.path
    here, environ = wagit_sees(repo), dict(os.environ)
    assert not hooks.installed(here, environ)
    planned = hooks.install(here, environ, dry_run=True)
    assert not hooks.installed(here, environ)
    assert hooks.install(here, environ) == planned
    assert [change.action for change in planned] == ["install"] * 3
    assert hooks.installed(here, environ)
    assert hooks.ensure(here, environ) == []
    assert all(each.fires for each in hooks.status(here, environ))
    removed = hooks.uninstall(here, environ, dry_run=True)
    assert hooks.uninstall(here, environ) == removed != []
    assert str(hooks.status(here, environ)[0]).startswith("post-checkout: DOES NOT FIRE (none in ")


def test_the_sh_hooks_are_found_in_a_checkout_and_in_a_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hook_files().sh == str(ROOT / "hooks")
    installed = tmp_path / "wagit/githooks"
    shutil.copytree(ROOT / "hooks", installed / "sh")
    monkeypatch.setattr(places, "__file__", str(installed / "places.py"))
    found = hook_files()
    assert (found.sh, found.home) == (str(installed / "sh"), str(tmp_path / "wagit"))
