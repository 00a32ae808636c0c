"""A bare repository as a team's remote, with machines that reach it from clones of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.git import GitRepo
from tests.support.remote_rules import TEAM
from wagit.core import repository
from wagit.team.remote import Remote
from wagit.team.remotes import open_remote
from wagit.team.settings import Team


class GitPlace:
    """A bare repository as machines reach it, each from a clone of its own."""

    def __init__(self, root: Path, server: GitRepo, url: str, **environ: str) -> None:
        self.root = root
        self.server = server
        self.url = url
        self.environ = environ

    def clone(self, machine: str) -> GitRepo:
        path = self.root / machine
        if not path.exists():
            GitRepo.init(path).git("remote", "add", "origin", self.url)
        return GitRepo(path)

    def open(self, machine: str, team: Team = TEAM) -> Remote:
        mine = self.clone(machine)
        environ = mine.environ(self.environ)
        found = repository.find(str(mine.path), environ)
        return open_remote("origin", team, found, environ, str(self.root / f"{machine}-store"))

    def ref(self, space: str, name: str, team: Team = TEAM) -> str:
        return f"refs/wagit/{team.name}/{space}/{name}"

    def spoil(self, space: str, name: str, data: bytes | None, team: Team = TEAM) -> None:
        ref = self.ref(space, name, team)
        if data is None:
            self.server.git("update-ref", "-d", ref)
        else:
            made = subprocess.run(
                ["git", "hash-object", "-w", "--stdin"],
                cwd=self.server.path, input=data, capture_output=True, check=True,
            )  # fmt: skip
            self.server.git("update-ref", ref, made.stdout.decode().strip())

    def leftovers(self) -> list[str]:
        return self.server.git("for-each-ref", "--format=%(refname)").splitlines()
