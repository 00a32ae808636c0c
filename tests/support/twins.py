"""The same git commands in two equal repositories, one of them with wagit: git must not tell them apart.

both.git("switch develop")        # status and output compared, apart from wagit's own lines
both.uses("staging", "develop")   # binding, link, route and `wagit which` of the one with wagit
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.support.git import GitRepo, Ran
from tests.support.setup import Setup, data_of, make_repo, ours, wagit, without_ours

REMOTE = "../remote.git"


def prepared(path: Path, git: str | None = None, options: tuple[str, ...] = ()) -> GitRepo:
    """Make a repository with history: branches that diverge, one that conflicts, a tag and a remote."""
    repo = make_repo(path, git=git, options=options)
    repo.commit("menu.js", "one\n")
    repo.git("tag", "v1")
    for branch, names in {"develop": ["a"], "feature/1-menu": ["b", "c"], "feature/2-cart": ["d"]}.items():
        repo.switch(branch)
        for name in names:
            repo.commit(f"{name}.js")
    repo.commit("menu.js", "two\n", message="conflicts with main")
    repo.switch("main")
    repo.commit("main.js")
    repo.git("clone", "--quiet", "--bare", ".", REMOTE)
    repo.git("remote", "add", "origin", REMOTE)
    repo.git("fetch", "--quiet", "origin")
    for branch in ("main", "develop", "feature/1-menu"):
        repo.git("branch", "--quiet", f"--set-upstream-to=origin/{branch}", branch)
    return repo


class Twins:
    """A repository with wagit and one without; each command goes to both."""

    def __init__(self, root: Path, template: Path, git: str) -> None:
        for name in ("ours", "twin"):
            shutil.copytree(template, root / name, symlinks=True)
        self.setup = Setup(GitRepo(root / "ours/repo", git)).init()
        self.twin = GitRepo(root / "twin/repo", git)
        self.said: list[str] = []

    @property
    def repo(self) -> GitRepo:
        return self.setup.repo

    @property
    def path(self) -> Path:
        return self.setup.path

    def git(self, command: str, status: int = 0, env: Mapping[str, str] | None = None) -> Ran:
        """Run a git command line in both; `said` is then what wagit added."""
        words = shlex.split(command)
        theirs, mine = self.twin.run(*words, env=env), self.repo.run(*words, env=env)
        self.said = ours(mine.stderr)
        mine = Ran(mine.status, self._neutral(mine.stdout), without_ours(self._neutral(mine.stderr)))
        assert mine == Ran(theirs.status, self._neutral(theirs.stdout), self._neutral(theirs.stderr))
        assert mine.status == status, mine
        return mine

    def _neutral(self, text: str) -> str:
        for repo in (self.repo, self.twin):
            text = text.replace(str(repo.path.parent), "ROOT")
        return text

    def write(self, name: str, text: str) -> None:
        """Write a file in both."""
        for repo in (self.repo, self.twin):
            repo.write(name, text)

    def commit(self, name: str, text: str | None = None) -> None:
        """Commit a file in both."""
        for repo in (self.repo, self.twin):
            repo.commit(name, text)

    def uses(self, slot: str, branch: str | None) -> None:
        """The worktree is bound to `slot`, and the effective branch is `branch`."""
        assert self.setup.slot == slot
        found = data_of(self.path, "which")
        assert (found["slot"], found["branch"]) == (slot, branch)

    def lags(self, slot: str) -> None:
        """The worktree is still bound to `slot`, since git fired no hook; the next command resolves."""
        assert self.setup.slot == slot
        assert self.said == []
        ran = wagit(self.path, "status")
        assert ran.status == 0, ran
