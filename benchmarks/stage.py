"""Build the repositories that are measured, in a throw-away home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.clock import Sample, program

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
NODE_MODULES = ROOT / "tests" / "bots" / "node_modules"
FILES = 50  # tracked files of a repository; all branches have the same, so that git has least to do
# PYTHON…: an installed wagit and all its peers have their bytecode cached
_LEAKS = (
    "PYTHONDONTWRITEBYTECODE",
    "GIT_",
    "WAGIT",
    "WA_",
    "WHATSAPP_",
    "XDG_",
    "AUTO_RESTORE_SESSIONS",
    "NODE_",
    "LEFTHOOK",
    "HUSKY",
)

GIT_CONFIG = """\
[init]
\tdefaultBranch = main
[user]
\tname = Ada Author
\temail = ada@example.org
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


class Stage(NamedTuple):
    """A throw-away home, the environment that keeps all programs inside it, and the git to measure."""

    home: Path
    environ: Mapping[str, str]
    git: str

    def run(self, *command: str, cwd: Path, input: str | None = None) -> str:
        """Run a program that must succeed, and return what it printed."""
        done = subprocess.run(
            command, cwd=cwd, env=dict(self.environ), input=input or "", capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def wagit(self, *arguments: str, cwd: Path) -> str:
        """Run the `wagit` of this checkout."""
        return self.run(str(BIN / "wagit"), *arguments, cwd=cwd)

    def see(self, repo: Path, branch: str) -> None:
        """Switch to a branch, whose route wagit's hook must keep. Raises RuntimeError with what it said."""
        said = self.run("sh", "-c", '"$0" switch -q "$1" 2>&1', self.git, branch, cwd=repo)
        if not (repo / ".git" / "wagit" / "routes" / branch).is_file():
            raise RuntimeError(f"the hook kept no route for {branch}: {said}")


@contextmanager
def stage(git: str) -> Iterator[Stage]:
    """Make the home, and remove it with all that was built in it."""
    home = Path(tempfile.mkdtemp(prefix="wagit-bench-"))
    (home / ".gitconfig").write_text(GIT_CONFIG)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_LEAKS)}
    path = f"{Path(git).parent}:{BIN}:{environ.get('PATH', os.defpath)}"
    environ |= {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "PATH": path, "LC_ALL": "C.UTF-8"}
    environ["PRE_COMMIT_HOME"] = str(home / "pre-commit")
    try:
        yield Stage(home, environ, git)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def repository(at: Stage, name: str, files: Mapping[str, str], branches: Sequence[str]) -> Path:
    """Make a repository on `main` with some files and branches that all stand at its one commit."""
    path = at.home / name
    path.mkdir()
    at.run(at.git, "init", "-q", cwd=path)
    for number in range(FILES):
        (path / f"file-{number}.txt").write_text(f"file {number}\n" * 20)
    for file, text in files.items():
        (path / file).write_text(text)
    at.run(at.git, "add", "-A", cwd=path)
    at.run(at.git, "commit", "-q", "-m", "all", cwd=path)
    updates = "".join(f"create refs/heads/{branch} HEAD\n" for branch in branches)
    at.run(at.git, "update-ref", "--stdin", cwd=path, input=updates)
    at.run(at.git, "pack-refs", "--all", cwd=path)
    return path


def copy(at: Stage, repo: Path, name: str) -> Path:
    """Copy a repository, with an index that git need not refresh."""
    path = at.home / name
    shutil.copytree(repo, path, symlinks=True)
    at.run(at.git, "status", cwd=path)
    return path


class Switching:
    """`git switch` between branches of one repository, there and back again."""

    def __init__(
        self, at: Stage, repo: Path, *branches: str, before: Callable[[], object] = lambda: None
    ) -> None:
        self._before = before
        self._runs = [
            program([at.git, "-C", str(repo), "switch", "-q", each], at.environ) for each in branches
        ]

    def __call__(self) -> Sample:
        """Switch to each branch in turn, each after `before`; return the mean, so that both ways count."""
        samples = []
        for run in self._runs:
            self._before()
            samples.append(run())
        count = len(samples)
        return Sample(sum(each.wall for each in samples) / count, sum(each.cpu for each in samples) / count)
