"""husky, lefthook, pre-commit and git-lfs beside wagit, installed before or after it: all fire."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import GitProgram, GitRepo, write_hook
from tests.support.hooks import ALL_FIRE, ROOT, Stub, events, files_in, wagit_sees
from wagit.githooks.install import ensure, install, uninstall
from wagit.githooks.status import status
from wagit.githooks.texts import EVENTS

NODE_PROGRAMS = ROOT / "tests/bots/node_modules/.bin"


class Tool:
    """A hook manager in a repository: `install` it; its hook on post-checkout writes to `out`."""

    name = ""

    def __init__(self, repo: GitRepo, out: Path) -> None:
        self.repo = repo
        for tag in ("one", "two"):
            repo.commit()
            repo.git("tag", tag)
        self.out = out
        self.configure()

    def configure(self) -> None:
        raise NotImplementedError

    def install(self) -> None:
        raise NotImplementedError

    def fired(self) -> bool:
        """Whether its hook ran since the last time."""
        fired = self.out.exists()
        self.out.unlink(missing_ok=True)
        return fired

    def call(self, program: str, *arguments: str) -> None:
        path = shutil.which(
            program, path=f"{NODE_PROGRAMS}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        )
        if path is None:
            pytest.skip(f"{program} is not installed")
        done = subprocess.run(
            [path, *arguments], cwd=self.repo.path, env=self.repo.environ(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


class Husky(Tool):
    name = "husky"

    def configure(self) -> None:
        write_hook(self.repo.path / ".husky/post-checkout", f"echo husky >>'{self.out}'\n")

    def install(self) -> None:
        self.call("husky")


class Lefthook(Tool):
    name = "lefthook"

    def configure(self) -> None:
        run = f"post-checkout:\n  commands:\n    note:\n      run: echo lefthook >> '{self.out}'\n"
        self.repo.write("lefthook.yml", run)

    def install(self) -> None:
        self.call("lefthook", "install")


class PreCommit(Tool):
    name = "pre-commit"

    def configure(self) -> None:
        self.repo.write(
            ".pre-commit-config.yaml",
            "repos:\n- repo: local\n  hooks:\n  - id: note\n    name: note\n    language: system\n"
            f"    entry: sh -c 'echo pre-commit >>\"{self.out}\"'\n"
            "    always_run: true\n    stages: [post-checkout]\n",
        )

    def install(self) -> None:
        self.call("pre-commit", "install", "-t", "post-checkout")


class Lfs(Tool):
    """Its post-checkout makes locked files read-only, which is how it is seen to fire."""

    name = "git-lfs"

    def configure(self) -> None:
        if shutil.which("git-lfs") is None:
            pytest.skip("git-lfs is not installed")
        self.repo.commit(".gitattributes", "*.bin lockable\n")
        for tag in ("one", "two"):
            self.repo.commit("a.bin", tag)
            self.repo.git("tag", "--force", tag)

    def install(self) -> None:
        self.call("git", "lfs", "install", "--local", "--force")

    def fired(self) -> bool:
        file = self.repo.path / "a.bin"
        fired = not file.stat().st_mode & 0o200
        file.chmod(0o644)
        return fired


TOOLS = [Husky, Lefthook, PreCommit, Lfs]


@pytest.fixture(params=TOOLS, ids=lambda tool: tool.name)
def tool(request: pytest.FixtureRequest, repo: GitRepo, tmp_path: Path) -> Tool:
    kind: type[Tool] = request.param
    return kind(repo, tmp_path / "out")


def switch_and_see(tool: Tool, wagit: Stub) -> tuple[int, bool]:
    """Switch branches; how often wagit was called, and whether the tool's hook ran."""
    before = len(wagit.calls)
    tool.fired()
    other = "one" if tool.repo.head == tool.repo.git("rev-parse", "two") else "two"
    ran = tool.repo.run("switch", "-c", f"branch-{os.urandom(4).hex()}", other)
    assert ran.status == 0, ran.stderr
    return len(wagit.calls) - before, tool.fired()


def test_the_tool_first(any_git: GitProgram, tool: Tool, wagit: Stub) -> None:
    tool.repo.program = any_git.path
    tool.install()
    before, here = files_in(tool.repo.git_dir / "hooks"), wagit_sees(tool.repo)
    husky = files_in(tool.repo.path / ".husky")
    install(here)
    assert switch_and_see(tool, wagit) == (1, True)
    found = status(here)
    assert events(found) == ALL_FIRE
    assert found[0].neighbours == (tool.name,)
    assert not tool.fired()  # the probe leaves theirs alone
    uninstall(here)
    assert files_in(tool.repo.git_dir / "hooks") == before
    assert files_in(tool.repo.path / ".husky") == husky
    assert switch_and_see(tool, wagit) == (0, True)


def test_wagit_first(any_git: GitProgram, tool: Tool, wagit: Stub) -> None:
    tool.repo.program = any_git.path
    here = wagit_sees(tool.repo)
    install(here)
    tool.install()
    ensure(here)  # what any wagit command does first
    assert switch_and_see(tool, wagit) == (1, True)
    assert events(status(here)) == ALL_FIRE
    uninstall(here)
    assert switch_and_see(tool, wagit) == (0, True)
    left = files_in(tool.repo.git_dir / "hooks") | files_in(tool.repo.path / ".husky")
    assert not [name for name, file in left.items() if b">>> wagit" in file[2]]


def test_a_tool_that_rewrites_its_files_is_named(tool: Tool, wagit: Stub) -> None:
    here = wagit_sees(tool.repo)
    tool.install()
    install(here, how="file")
    tool.install()
    found = status(here)[0]
    assert (found.fires, found.note.partition(":")[0]) == (False, f"{tool.name} has rewritten {found.where}")
    assert switch_and_see(tool, wagit) == (0, True)
    assert ensure(here)
    assert ensure(here) == []
    assert switch_and_see(tool, wagit) == (1, True)


def test_pre_commit_keeps_wagit_until_it_is_put_right(repo: GitRepo, tmp_path: Path, wagit: Stub) -> None:
    tool = PreCommit(repo, tmp_path / "out")
    here = wagit_sees(repo)
    install(here, how="file")
    tool.install()
    assert switch_and_see(tool, wagit) == (1, True)
    assert status(here)[0].how == "behind"
    tool.call("pre-commit", "uninstall", "-t", "post-checkout")
    assert ensure(here) == []
    assert sorted(name for name in os.listdir(repo.git_dir / "hooks") if "." not in name) == sorted(EVENTS)
