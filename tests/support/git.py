"""Drive the real git program in throw-away repositories.

    repo = GitRepo.init(tmp_path / "repo", "main", "develop", "feature/1")   # on main, one commit
    repo.commit("menu.js", "say('hi')")                                      # write, add, commit
    ran = repo.run("switch", "develop")                                      # never raises
    assert ran.status == 0, ran.stderr
    repo.git("merge", "main")                                                # raises if git fails
    other = repo.add_worktree(tmp_path / "other", "feature/1")               # a GitRepo again

Dates advance by a second with each commit of a repository, so that hashes are the same in every run.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

SECONDS = 60  # git that has not answered by then hangs
FIRST_DATE = 1_700_000_000


class GitProgram(NamedTuple):
    """A git to test with: the absolute path of the program and its version as numbers."""

    path: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return "git-" + ".".join(map(str, self.version))


def git_program(path: str = "git") -> GitProgram:
    found = shutil.which(path)
    assert found, f"no program {path}"
    said = subprocess.run([found, "version"], capture_output=True, text=True, check=True).stdout
    numbers = [part for part in said.split()[2].split(".") if part.isdigit()]
    return GitProgram(found, tuple(map(int, numbers[:3])))


class Ran(NamedTuple):
    """What a command answered."""

    status: int
    stdout: str
    stderr: str


class GitRepo:
    """One worktree, driven by one git program with `env` added to the test's environment."""

    def __init__(self, path: Path, git: str | None = None, env: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.program = shutil.which(git or "git") or "git"
        self.env: dict[str, str] = dict(env or {})
        self._commits = 0
        self._git_dir: Path | None = None
        self._common_dir: Path | None = None

    @classmethod
    def init(
        cls,
        path: Path,
        *branches: str,
        git: str | None = None,
        options: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> GitRepo:
        """Make a repository on the first branch (`main`) with one commit; the others start there too.

        `options` go to `git init`: `--ref-format=reftable`, `--object-format=sha256`, `--bare`.
        """
        first, *others = branches or ("main",)
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path, git, env)
        repo.git("init", "--quiet", f"--initial-branch={first}", *options)
        if "--bare" not in options:
            repo.commit("README", "a repository for a test\n")
        for branch in others:
            repo.git("branch", branch)
        return repo

    def run(self, *arguments: str, input: str | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """Run git here and tell how it ended; stdin is empty unless `input` is given."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.path,
            env=self.environ(env),
            input=input or "",
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def git(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run git here, which must succeed, and return its stdout without the last newline."""
        ran = self.run(*arguments, env=env)
        assert ran.status == 0, f"git {' '.join(arguments)}: {ran.status}\n{ran.stdout}{ran.stderr}"
        return ran.stdout.removesuffix("\n")

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start git in a process group of its own with piped output, for `interrupt` and concurrency."""
        return subprocess.Popen(
            [self.program, *arguments],
            cwd=self.path,
            env=self.environ(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def shell(self, command: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run an sh command line here, with this repository's git first on the PATH: `git switch x | cat`."""
        environ = self.environ(env)
        environ["PATH"] = f"{os.path.dirname(self.program)}:{environ.get('PATH', '')}"
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.path,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def environ(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment git runs with: the test's, this repository's `env`, then `extra`."""
        date = f"{FIRST_DATE + self._commits} +0000"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        return {**os.environ, **dates, **self.env, **(extra or {})}

    def write(self, name: str, text: str) -> Path:
        """Write a file of the worktree, with the directories it needs."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def commit(self, name: str = "", text: str | None = None, message: str | None = None) -> str:
        """Commit one file (with a text that is new each time unless given) and return the commit's hash.

        Without a name, commit what is staged, or nothing.
        """
        self._commits += 1
        if name:
            self.write(name, f"{name}, commit {self._commits}\n" if text is None else text)
            self.git("add", "--force", "--", name)
        self.git("commit", "--quiet", "--allow-empty", "-m", message or name or "empty")
        return self.git("rev-parse", "HEAD")

    def switch(self, branch: str, *options: str) -> Ran:
        """Switch branches, which must succeed."""
        ran = self.run("switch", *options, branch)
        assert ran.status == 0, ran.stderr
        return ran

    def add_worktree(self, path: Path, *arguments: str) -> GitRepo:
        """Add a linked worktree: `add_worktree(p, "develop")`, `add_worktree(p, "-b", "new")`."""
        options = [word for word in arguments[:-1] if word.startswith("-")]
        if options and options[-1] in ("-b", "-B"):
            self.git("worktree", "add", *options, arguments[-1], str(path))
        else:
            self.git("worktree", "add", *options, str(path), *arguments[len(options) :])
        return GitRepo(path, self.program, self.env)

    def clone(self, path: Path, *options: str) -> GitRepo:
        """Clone this repository over the local transport."""
        self.git("clone", "--quiet", *options, str(self.path), str(path))
        return GitRepo(path, self.program, self.env)

    def config(self, name: str, value: str) -> None:
        """Set a value in the repository's own configuration."""
        self.git("config", name, value)

    @property
    def branch(self) -> str:
        """The branch that is checked out, also an unborn one; empty when HEAD is detached."""
        return self.run("symbolic-ref", "--quiet", "--short", "HEAD").stdout.strip()

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def git_dir(self) -> Path:
        """Asked of git once, and again when it has gone from there."""
        if self._git_dir is None or not self._git_dir.is_dir():
            self._git_dir = Path(self.git("rev-parse", "--absolute-git-dir"))
        return self._git_dir

    @property
    def common_dir(self) -> Path:
        """Asked of git once, and again when it has gone from there."""
        if self._common_dir is None or not self._common_dir.is_dir():
            self._common_dir = (self.path / self.git("rev-parse", "--git-common-dir")).resolve()
        return self._common_dir

    @property
    def state_dir(self) -> Path:
        """What wagit knows about this worktree alone."""
        return self.git_dir / "wagit"

    def hook_file(self, event: str) -> Path:
        """Where git looks for a hook of this worktree."""
        return self.path / self.git("rev-parse", "--git-path", f"hooks/{event}")


def write_hook(path: Path, text: str, mode: int = 0o755) -> Path:
    """Write an executable hook, with the directories it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def interrupt(process: subprocess.Popen[str]) -> None:
    """Do what Ctrl-C does: SIGINT to the whole process group of a `GitRepo.start`."""
    os.killpg(process.pid, signal.SIGINT)
