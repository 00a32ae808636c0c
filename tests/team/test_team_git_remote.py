"""A team's place on a git remote: over a path, HTTP and ssh, with whatever settings the user has for it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.git_servers import SshServer, bare_repository, http_server, ssh_server
from tests.support.long import long, longer
from tests.support.remote_rules import RULES, TEAM, Rule, name_of
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


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("ssh") / "d") as server:
        yield server


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rules_by_path(rule: Rule, tmp_path: Path) -> None:
    server = bare_repository(tmp_path / "server.git")
    place = GitPlace(tmp_path, server, str(server.path))
    rule(place, tmp_path / "work")
    assert not list(tmp_path.glob("*-store/git/*")), "nothing stays of our own repositories"
    for clone in (one.parent for one in tmp_path.glob("*/.git")):
        assert "wagit" not in GitRepo(clone).git("for-each-ref"), "the user's repository has none of it"


FEW = [rule for rule in RULES if name_of(rule) in {
    "a_head_is_what_was_written_last", "who_read_an_older_head_is_refused", "blobs_arrive_whole",
    "destroyed_leaves_nothing", "proven_and_nothing_left_of_it",
}]  # fmt: skip


@pytest.mark.parametrize("rule", longer(FEW, list(RULES)), ids=name_of)
@long
def test_rules_by_ssh(rule: Rule, tmp_path: Path, ssh: SshServer) -> None:
    server = bare_repository(tmp_path / "server.git")
    rule(GitPlace(tmp_path, server, ssh.url(server.path), GIT_SSH_COMMAND=ssh.command), tmp_path / "work")


@pytest.mark.parametrize("rule", longer(FEW, list(RULES)), ids=name_of)
@long
def test_rules_by_http(rule: Rule, tmp_path: Path) -> None:
    server = bare_repository(tmp_path / "server.git")
    with http_server(tmp_path) as url:
        rule(GitPlace(tmp_path, server, f"{url}/server.git"), tmp_path / "work")


@pytest.mark.parametrize("rule", longer(FEW, list(RULES)), ids=name_of)
@long
def test_rules_on_a_server_with_sha256(rule: Rule, tmp_path: Path) -> None:
    server = bare_repository(tmp_path / "server.git", "--object-format=sha256")
    rule(GitPlace(tmp_path, server, str(server.path)), tmp_path / "work")
