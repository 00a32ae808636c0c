"""Repositories in which wagit is set up, driven in this process, and what a worktree is bound to.

setup = Setup.make(tmp_path)                      # a repository with branches, wagit set up in it
setup.repo.switch("develop")
assert setup.slot == "staging"                    # by binding, link and route, which must agree
ran = wagit(setup.path, "status", "--json")       # in this process, which is quick
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

from tests.support.git import GitRepo, Ran
from tests.support.hooks import files_in

LINK = ".wwebjs_auth"
CONFIG = """\
version: 1
driver: wwebjs
default: dev
rules:
  - branch: main
    slot: production
  - branch: [develop, "release/**"]
    slot: staging
  - branch: "feature/{ticket}*"
    slot: "feature-{ticket}"
"""
BRANCHES = ("main", "develop", "feature/1-menu", "feature/2-cart", "topic")


def wagit(directory: Path, *arguments: str) -> Ran:
    """Run wagit in this process and tell how it ended."""
    from wagit.cli.main import run

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(["-C", str(directory), *arguments])
    return Ran(status, out.getvalue(), err.getvalue())


def data_of(directory: Path, *arguments: str) -> Any:
    """Run a verb that must succeed and return the data of its JSON envelope."""
    ran = wagit(directory, *arguments, "--json")
    assert ran.status == 0, ran
    return json.loads(ran.stdout)["data"]


def error_of(directory: Path, *arguments: str) -> dict[str, Any]:
    """Run a verb that must fail and return the error of its JSON envelope, with the exit status."""
    ran = wagit(directory, "--json", *arguments)
    envelope = json.loads(ran.stdout)
    assert (envelope["ok"], envelope["data"], ran.stderr) == (False, None, "")
    return {**envelope["error"], "status": ran.status}


def refused(directory: Path, *arguments: str) -> tuple[str, int]:
    """The code and exit status of a verb that must fail, having changed nothing, in both ways of telling."""
    before = files_in(directory)
    error = error_of(directory, *arguments)
    assert error["message"]
    assert error["hint"]
    assert "\n" not in error["message"]
    assert error["status"] != 3, error
    ran = wagit(directory, *arguments)
    assert ran == Ran(error["status"], "", f"wagit: {error['message']}\n  hint: {error['hint']}\n")
    assert files_in(directory) == before
    return error["code"], error["status"]


class Setup:
    """A repository in which wagit is set up, and what its worktree is bound to."""

    def __init__(self, repo: GitRepo) -> None:
        self.repo = repo

    @classmethod
    def make(
        cls, path: Path, config: str = CONFIG, *, git: str | None = None, options: tuple[str, ...] = ()
    ) -> Setup:
        """Make a repository with a committed config and `BRANCHES`, and set wagit up in it."""
        return cls(make_repo(path, config, git=git, options=options)).init()

    def init(self) -> Setup:
        """Run `wagit init`."""
        ran = wagit(self.repo.path, "init")
        assert ran.status == 0, ran
        return self

    @property
    def path(self) -> Path:
        return self.repo.path

    @property
    def store(self) -> Path:
        return self.repo.common_dir / "wagit"

    @property
    def binding(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.repo.state_dir / "binding.json").read_bytes())
        return found

    @property
    def linked(self) -> str | None:
        """The slot the link in the worktree points at."""
        link = self.path / LINK
        if not link.is_symlink():
            return None
        data = Path(os.path.realpath(link))
        assert data.name == "data", data
        assert data.is_dir()
        return data.parent.name

    @property
    def route(self) -> str | None:
        """The slot the route file says the worktree is completely switched to."""
        with contextlib.suppress(FileNotFoundError):
            return (self.repo.state_dir / "route").read_text().splitlines()[0]
        return None

    @property
    def slot(self) -> str:
        """The worktree's slot: binding, link and route must name the same."""
        found = {"binding": self.binding["slot"], "link": self.linked, "route": self.route}
        assert len(set(found.values())) == 1, found
        assert self.binding["linked"] is True
        return str(found["binding"])


def make_repo(
    path: Path, config: str = CONFIG, *, git: str | None = None, options: tuple[str, ...] = ()
) -> GitRepo:
    """Make a repository with a config and `BRANCHES`, all at the same commit."""
    first, *others = BRANCHES
    repo = GitRepo.init(path, first, git=git, options=options)
    repo.commit(".wagit.yml", config)
    for branch in others:
        repo.git("branch", branch)
    return repo


def without_ours(stderr: str) -> str:
    """What git said, without wagit's own lines."""
    return "".join(line for line in stderr.splitlines(keepends=True) if not line.startswith("wagit: "))


def ours(stderr: str) -> list[str]:
    """wagit's own lines."""
    return [line for line in stderr.splitlines() if line.startswith("wagit: ")]
