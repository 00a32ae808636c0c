"""The sh hooks themselves, in each shell there is: when they call wagit, and that git never notices."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import GitProgram, GitRepo, Ran
from tests.support.hooks import HOOKS, SHELLS, Stub, age, processes_started, settle, shell_command
from wagit.config.digest import ROUTING_NAMES


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    return Stub(tmp_path / "home of wagit")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    return shell_command(request.param)


def run(
    shell: list[str],
    repo: GitRepo,
    script: str,
    *arguments: str,
    env: dict[str, str] | None = None,
    stdin: str = "",
) -> Ran:
    """Run a hook's text as git would: at the top of the worktree."""
    done = subprocess.run(
        [*shell, "-c", script, "hook", *arguments],
        cwd=repo.path, env=repo.environ(env), input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def checkout(shell: list[str], repo: GitRepo, stub: Stub, env: dict[str, str] | None = None) -> list[str]:
    """Run post-checkout for a branch and return the events that reached wagit."""
    ran = run(shell, repo, stub.preamble("post-checkout"), "0" * 40, "0" * 40, "1", env=env)
    assert (ran.status, ran.stdout, ran.stderr) == (0, "", "")
    return stub.events


def test_a_settled_worktree_asks_nothing(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    settle(repo)
    assert checkout(shell, repo, stub) == []


def test_a_settled_worktree_starts_no_process(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    settle(repo)
    command = [*shell, "-c", stub.preamble("post-checkout"), "hook", "a", "b", "1"]
    assert processes_started(command, repo.path, {"PATH": ""}) == 0
    assert stub.calls == []


def test_a_merge_is_asked_about_only_while_a_session_may_go_back(
    shell: list[str], repo: GitRepo, stub: Stub
) -> None:
    settle(repo)
    for there in (False, True):
        if there:
            (repo.common_dir / "wagit/origins").touch()
        ran = run(shell, repo, stub.preamble("post-merge"), "0")
        assert (ran.status, ran.stdout, ran.stderr) == (0, "", "")
        assert checkout(shell, repo, stub) == (["post-merge"] if there else [])


def test_an_unknown_branch_is_asked_about(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    settle(repo)
    repo.git("symbolic-ref", "HEAD", "refs/heads/feature/1")
    assert checkout(shell, repo, stub) == ["post-checkout"]
    assert stub.calls == [["post-checkout", str(repo.path), ".git"]]


def test_another_slot_is_asked_about(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    settle(repo, "dev", "main", "feature/1")
    (repo.state_dir / "routes/feature/1").write_text("staging\ndigest\n")
    assert checkout(shell, repo, stub) == []
    repo.git("symbolic-ref", "HEAD", "refs/heads/feature/1")
    assert checkout(shell, repo, stub) == ["post-checkout"]


@pytest.mark.parametrize(
    "how", ["newer", "same time", "older", "another digest", "gone", "appeared", "no route", "bad line"]
)
def test_what_decided_has_changed(shell: list[str], repo: GitRepo, stub: Stub, how: str) -> None:
    config = settle(repo)
    kept = repo.state_dir / "routes/main"
    if how == "newer":
        age(kept, 3600)
    elif how == "same time":
        os.utime(kept, ns=(config.stat().st_mtime_ns, config.stat().st_mtime_ns))
    elif how == "older":
        age(config, 3600)
    elif how == "another digest":
        kept.write_text("dev\nanother\n")
    elif how == "gone":
        config.unlink()
    elif how == "appeared":
        repo.write(".wagit.local.yml", "default: other\n")
    elif how == "no route":
        (repo.state_dir / "route").unlink()
    else:
        (repo.state_dir / "route").write_text("dev\nsomething new\n")
    assert checkout(shell, repo, stub) == ["post-checkout"]


@pytest.mark.parametrize("how", ["cleaned", "a directory", "elsewhere", "dangling"])
def test_the_link_does_not_lead_to_the_slot(
    shell: list[str], repo: GitRepo, stub: Stub, how: str, tmp_path: Path
) -> None:
    """`git clean -x` removes it, a merge or a bot can put something else there."""
    settle(repo)
    link = repo.path / "auth"
    if how == "dangling":
        link.readlink().rename(tmp_path / "renamed")
        link.readlink().parent.rmdir()
    else:
        link.unlink()
    if how == "a directory":
        link.mkdir()
    elif how == "elsewhere":
        link.symlink_to(tmp_path)
    assert checkout(shell, repo, stub) == ["post-checkout"]


def test_a_link_to_a_file_that_the_bot_is_yet_to_make(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    """SQLite makes the database; until then there is only its directory."""
    settle(repo)
    link, route = repo.path / "auth", repo.state_dir / "route"
    database = link.readlink() / "bot.db"
    route.write_text(route.read_text().replace(f">{database.parent}\n", f">{database}\n"))
    link.unlink()
    link.symlink_to(database)
    assert checkout(shell, repo, stub) == []
    database.touch()
    assert checkout(shell, repo, stub) == []
    link.unlink()
    assert checkout(shell, repo, stub) == ["post-checkout"]


@pytest.mark.parametrize("name", ROUTING_NAMES)
def test_an_environment_that_routes_is_asked_about(repo: GitRepo, stub: Stub, name: str) -> None:
    settle(repo)
    assert checkout(["sh"], repo, stub, env={name: ""}) == ["post-checkout"]


def test_a_detached_head_keeps_the_slot(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    settle(repo)
    repo.git("checkout", "--quiet", "--detach")
    assert checkout(shell, repo, stub) == []
    (repo.state_dir / "route").unlink()
    assert checkout(shell, repo, stub) == ["post-checkout"]


def test_files_checked_out_ask_nothing(repo: GitRepo, stub: Stub) -> None:
    (repo.common_dir / "wagit").mkdir()
    assert run(["sh"], repo, stub.preamble("post-checkout"), "a", "a", "0").status == 0
    assert stub.calls == []


@pytest.mark.parametrize("event", ["post-checkout", "post-merge", "post-rewrite"])
def test_wagit_0_switches_off(
    shell: list[str], repo: GitRepo, stub: Stub, event: str, tmp_path: Path
) -> None:
    (repo.common_dir / "wagit").mkdir()
    probe = tmp_path / "probe"
    run(shell, repo, stub.preamble(event), "a", "b", "1", env={"WAGIT": "0", "WAGIT_PROBE": str(probe)})
    assert (stub.calls, probe.exists()) == ([], False)


@pytest.mark.parametrize("event", ["post-checkout", "post-merge", "post-rewrite"])
def test_the_probe_is_answered_and_nothing_else_runs(
    shell: list[str], repo: GitRepo, stub: Stub, event: str, tmp_path: Path
) -> None:
    probe = tmp_path / "a probe"
    script = f"set -euC\n{stub.preamble(event)}\necho not reached"
    ran = run(shell, repo, script, "a", "b", "0", env={"WAGIT_PROBE": str(probe), "PATH": ""})
    assert (ran.status, ran.stdout, ran.stderr, stub.calls) == (0, "", "", [])
    assert probe.read_text() == f"{event}\n"


def test_a_repository_without_wagit_asks_nothing(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    assert checkout(shell, repo, stub) == []


def test_a_linked_worktree_finds_its_own_route(
    shell: list[str], repo: GitRepo, stub: Stub, tmp_path: Path
) -> None:
    settle(repo)
    linked = repo.add_worktree(tmp_path / "linked tree", "develop")
    assert checkout(shell, linked, stub) == ["post-checkout"]
    assert stub.calls[0] == ["post-checkout", str(linked.path), str(linked.git_dir)]
    settle(linked)
    assert len(checkout(shell, linked, stub, env={"GIT_DIR": str(linked.git_dir)})) == 1


@pytest.mark.parametrize("branch", ["a'b", 'a"b', "a$HOME", "`id`", "ünïcode-✓", "x" * 200, "a/b/c", "-n"])
def test_any_name_of_a_branch(shell: list[str], repo: GitRepo, stub: Stub, branch: str) -> None:
    settle(repo, "dev", branch)
    repo.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    assert checkout(shell, repo, stub) == []
    (repo.state_dir / "routes" / branch).unlink()
    assert checkout(shell, repo, stub) == ["post-checkout"]


def test_the_hook_around_is_left_as_it_was(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    """Options, arguments, stdin, IFS and variables; and the hook goes on under -eu."""
    settle(repo)
    repo.git("symbolic-ref", "HEAD", "refs/heads/develop")
    script = (
        "set -eu\nIFS=:\noptions=$-\n" + stub.preamble("post-rewrite")
        + 'echo "$* $#"\n[ "$options" = "$-" ]\nread -r line\necho "$line"\nunset BASH_EXECUTION_STRING\nset'
    )  # fmt: skip
    ran = run(shell, repo, script, "a b", "c", stdin="old new\n")
    assert ran.status == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[:2] == ["a b:c 2", "old new"]
    assert not [line for line in lines if line.startswith("wagit_")]
    assert stub.events == ["post-rewrite"]


@pytest.mark.parametrize(
    ("body", "python"),
    [
        ("sys.exit(3)", sys.executable),
        ("import os; os.kill(os.getpid(), 9)", sys.executable),
        ("", "/nowhere/python"),
        ("", "/etc/passwd"),
    ],
)
def test_whatever_goes_wrong_the_hook_goes_on(
    shell: list[str], repo: GitRepo, tmp_path: Path, body: str, python: str
) -> None:
    stub = Stub(tmp_path / "stub", body=body)
    (repo.common_dir / "wagit").mkdir()
    script = "set -eu\n" + stub.preamble("post-checkout", python) + "echo went on"
    ran = run(shell, repo, script, "a", "b", "1")
    assert (ran.status, ran.stdout) == (0, "went on\n")
    assert len(ran.stderr.splitlines()) <= 1


def test_missing_files_are_silent_or_one_line(shell: list[str], repo: GitRepo, tmp_path: Path) -> None:
    (repo.common_dir / "wagit").mkdir()
    stub = Stub(tmp_path / "stub")
    (stub.home / "hook.py").unlink()
    script = "set -eu\n" + stub.preamble("post-checkout")
    ran = run(shell, repo, script, "a", "b", "1")
    assert ran.status == 0
    assert len(ran.stderr.splitlines()) <= 1
    shutil.copy(HOOKS / "post-checkout", stub.home)  # without route.sh
    ran = run(shell, repo, script.replace(str(HOOKS), str(stub.home)), "a", "b", "1")
    assert (ran.status, ran.stderr) == (0, "")
    (repo.path / ".git").rename(tmp_path / "gone")
    ran = run(shell, repo, "set -eu\n" + stub.preamble("post-checkout"), "a", "b", "1")
    assert (ran.status, ran.stderr) == (0, "")


def test_reftable_is_read_by_git(git_new: GitProgram, tmp_path: Path, shell: list[str], stub: Stub) -> None:
    repo = GitRepo.init(tmp_path / "reftable", "main", "develop", options=("--ref-format=reftable",))
    assert (repo.git_dir / "HEAD").read_text().strip() == "ref: refs/heads/.invalid"
    settle(repo)
    assert checkout(shell, repo, stub) == []
    repo.git("checkout", "--quiet", "--detach")
    assert checkout(shell, repo, stub) == []
    repo.switch("develop")
    assert checkout(shell, repo, stub) == ["post-checkout"]
    assert checkout(shell, repo, stub, env={"PATH": ""}) == ["post-checkout"] * 2
    assert git_new.version >= (2, 54)


def test_the_hooks_are_executable_scripts_for_sh() -> None:
    for event in ("post-checkout", "post-merge", "post-rewrite"):
        assert os.access(HOOKS / event, os.X_OK)
        assert (HOOKS / event).read_text().startswith("#!/bin/sh\n")


def test_shellcheck_finds_nothing() -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        [program, "-x", *HOOKS.iterdir()], cwd=HOOKS.parent, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
