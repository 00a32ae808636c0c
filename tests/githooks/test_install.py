"""Installing beside what is there, and leaving every file as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.git import GitProgram, GitRepo, git_program, write_hook
from tests.support.hooks import ALL_FIRE, events, files_in, hooks_and_config, wagit_sees
from wagit.githooks import memory, texts
from wagit.githooks.install import How, ensure, install, plan, plan_uninstall, uninstall
from wagit.githooks.places import hook_files
from wagit.githooks.status import status
from wagit.githooks.texts import EVENTS


def write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o711)


EXISTING: dict[str, Callable[[Path, Path], object]] = {
    "nothing": lambda _path, _out: None,
    "sh": lambda path, out: write_hook(path, f"#!/bin/sh\necho $* >>'{out}'\n", 0o775),
    "sh -e": lambda path, out: write_hook(path, f"#!/bin/sh -eu\necho $* >>'{out}'\nexit 0\n"),
    "bash by env": lambda path, out: write_hook(path, f"#!/usr/bin/env bash\necho $* >>'{out}'\nexec true\n"),
    "no newline": lambda path, out: write_hook(path, f"#!/bin/sh\nexec echo $* >>'{out}'", 0o700),
    "no shebang": lambda path, out: write_hook(path, f"echo $* >>'{out}'\n"),
    "python": lambda path, out: write_hook(
        path, f"#!/usr/bin/env python3\nimport sys\nprint(*sys.argv[1:], file=open({str(out)!r}, 'a'))\n"
    ),
    "not text": lambda path, _out: write_bytes(path, b"\x7fELF\0\xff\xfe"),
    "not executable": lambda path, out: write_hook(path, f"#!/bin/sh\necho $* >>'{out}'\n", 0o640),
    "empty": lambda path, _out: write_hook(path, ""),
    "only a shebang": lambda path, _out: write_hook(path, "#!/bin/sh"),
    "only a shebang line": lambda path, _out: write_hook(path, "#!/bin/sh\n"),
    "not UTF-8": lambda path, _out: write_bytes(path, b"#!/bin/sh\r\n\xff\xfe\r\n"),
}
RUNS = {"sh", "sh -e", "bash by env", "no newline", "no shebang", "python", "link"}


def link_to_tracked(path: Path, out: Path) -> None:
    script = path.parents[2] / "scripts/hook"
    write_hook(script, f"#!/bin/sh\necho $* >>'{out}'\n")
    path.symlink_to(Path("../../scripts/hook"))


EXISTING["link"] = link_to_tracked
EXISTING["dangling link"] = lambda path, _out: path.symlink_to("nowhere")


@pytest.mark.parametrize("existing", EXISTING)
def test_what_was_there_works_on_and_comes_back(repo: GitRepo, tmp_path: Path, existing: str) -> None:
    out = tmp_path / "out"
    for event in EVENTS:
        EXISTING[existing](repo.git_dir / "hooks" / event, out)
    before, scripts = hooks_and_config(repo), files_in(repo.path / "scripts")
    here = wagit_sees(repo)

    install(here, how="file")
    assert plan(here, how="file") == []
    assert events(status(here)) == ALL_FIRE
    assert not out.exists()  # the probe runs nobody else's hook
    if existing not in ("not text", "not UTF-8"):
        repo.switch("develop")
    assert out.exists() == (existing in RUNS)
    if existing in RUNS:
        assert out.read_text() == f"{repo.head} {repo.head} 1\n"
    assert files_in(repo.path / "scripts") == scripts

    uninstall(here)
    assert hooks_and_config(repo) == before
    assert plan_uninstall(here) == []
    assert not memory.is_installed(here)


def test_stdin_reaches_the_hook_behind(repo: GitRepo, tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = f"#!/usr/bin/env python3\nimport sys\nopen({str(out)!r}, 'w').write(sys.stdin.read())\n"
    write_hook(repo.git_dir / "hooks/post-rewrite", program)
    old = repo.head
    install(wagit_sees(repo), how="file")
    repo.git("commit", "--amend", "-m", "new")
    assert out.read_text() == f"{old} {repo.head}\n"


def test_git_gets_it_all_from_its_config(git_new: GitProgram, repo: GitRepo, tmp_path: Path) -> None:
    repo.program = git_new.path
    write_hook(repo.git_dir / "hooks/post-checkout", f"#!/bin/sh\necho own >>'{tmp_path}/out'\n")
    repo.config("hook.linter.event", "post-checkout")
    repo.config("hook.linter.command", f"echo linter >>'{tmp_path}/out' #")
    before, here = hooks_and_config(repo), wagit_sees(repo)
    install(here)
    assert plan(here) == []
    found = status(here)
    assert events(found) == ALL_FIRE
    assert [each.how for each in found] == ["config"] * 3
    assert found[0].neighbours == ("own", "linter")
    assert not (tmp_path / "out").exists()
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    assert events(status(wagit_sees(linked))) == ALL_FIRE
    assert (tmp_path / "out").read_text() == "linter\nown\n"
    uninstall(here)
    assert hooks_and_config(repo) == before


def test_a_newer_git_takes_over_from_the_files(repo: GitRepo, request: pytest.FixtureRequest) -> None:
    before, here = hooks_and_config(repo), wagit_sees(repo)
    install(here, how="file")
    request.getfixturevalue("git_new")
    install(here)
    assert files_in(repo.git_dir / "hooks") == {k: v for k, v in before.items() if k != "../config"}
    assert events(status(here)) == ALL_FIRE
    install(here, how="file")
    assert "[hook" not in (repo.git_dir / "config").read_text()
    uninstall(here)
    assert hooks_and_config(repo) == before


def test_an_older_git_is_told_that_it_does_not_fire(
    git_new: GitProgram, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = wagit_sees(repo)
    install(here)
    monkeypatch.setenv("PATH", os.environ["PATH"].replace(f"{os.path.dirname(git_new.path)}:", "", 1))
    if git_program().version >= (2, 54):
        pytest.skip("the system's git is new")
    assert [(each.fires, "wagit hooks install" in each.note) for each in status(here)] == [(False, True)] * 3


def test_the_interpreter_is_refreshed(repo: GitRepo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here, current = wagit_sees(repo), hook_files()
    before = hooks_and_config(repo)
    gone = current._replace(python=str(tmp_path / "gone"))
    monkeypatch.setattr("wagit.githooks.install.hook_files", lambda: gone)
    install(here, how="file")
    monkeypatch.undo()
    assert [change.action for change in ensure(here)] == ["refresh"] * 3
    assert current.python.encode() in (repo.git_dir / "hooks/post-merge").read_bytes()
    assert ensure(here) == []
    uninstall(here)
    assert hooks_and_config(repo) == before


def test_lines_added_since_are_kept(repo: GitRepo) -> None:
    install(wagit_sees(repo), how="file")
    with open(repo.git_dir / "hooks/post-merge", "a") as file:
        file.write("echo mine\n")
    uninstall(wagit_sees(repo))
    assert (repo.git_dir / "hooks/post-merge").read_text() == "#!/bin/sh\necho mine\n"
    assert not (repo.git_dir / "hooks/post-checkout").exists()


def test_a_crash_between_keeping_and_replacing_loses_nothing(repo: GitRepo) -> None:
    hook = write_hook(repo.git_dir / "hooks/post-checkout", "#!/usr/bin/env python3\n")
    before, here = hooks_and_config(repo), wagit_sees(repo)
    os.link(hook, hook.with_name("post-checkout.wagit-original"))
    install(here, how="file")
    uninstall(here)
    assert hooks_and_config(repo) == before


def test_an_older_original_is_never_overwritten(repo: GitRepo) -> None:
    hook = write_hook(repo.git_dir / "hooks/post-checkout", "#!/usr/bin/env python3\n")
    hook.with_name("post-checkout.wagit-original").write_text("somebody's")
    before, here = hooks_and_config(repo), wagit_sees(repo)
    install(here, how="file")
    uninstall(here)
    assert hooks_and_config(repo) == before


def test_planning_changes_nothing(any_git: GitProgram, repo: GitRepo) -> None:
    repo.program = any_git.path
    before = files_in(repo.git_dir)
    here = wagit_sees(repo)
    assert [change.action for change in plan(here)] == ["install"] * 3
    assert plan_uninstall(here) == []
    assert files_in(repo.git_dir) == before


@pytest.mark.parametrize("how", ["config", "file"])
def test_paths_with_spaces_and_quotes(
    how: How, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if how == "config":
        request.getfixturevalue("git_new")
    import shutil

    ours = hook_files()
    odd = tmp_path / 'it\'s "odd" $HOME ünï'
    shutil.copytree(ours.sh, odd / "sh")
    monkeypatch.setattr("wagit.githooks.install.hook_files", lambda: ours._replace(sh=str(odd / "sh")))
    repo = GitRepo.init(odd / "repo", "main", "develop")
    here = wagit_sees(repo)
    install(here, how=how)
    assert events(status(here)) == ALL_FIRE
    shutil.rmtree(odd / "sh")  # wagit was removed: git goes on
    ran = repo.run("switch", "develop")
    assert (ran.status, ran.stderr) == (0, "Switched to branch 'develop'\n")


@pytest.mark.parametrize(
    "text", [b"#!/bin/sh\n", b"#!/bin/sh", b"", b"x", b"#!/bin/sh\r\n\xff", b"# <<< wagit <<<\n"]
)
def test_a_block_comes_out_as_it_went_in(text: bytes) -> None:
    inside = texts.insert(text, "post-merge", hook_files())
    assert texts.has_block(inside)
    assert texts.insert(inside, "post-merge", hook_files()) == inside
    assert texts.remove(inside) == text
