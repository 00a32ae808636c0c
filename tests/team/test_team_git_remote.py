"""A team's place on a git remote: over a path, HTTP and ssh, with whatever settings the user has for it."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.git import GitProgram, GitRepo, write_hook
from tests.support.git_place import GitPlace
from tests.support.git_servers import USER, SshServer, bare_repository, http_server, ssh_server
from tests.support.long import long, longer
from tests.support.remote_rules import (
    RULES,
    SPACE,
    TEAM,
    Rule,
    blobs_arrive_whole,
    ignore,
    make_blobs,
    name_of,
)
from wagit.core import repository
from wagit.team.git_address import without_password
from wagit.team.remote import RemoteRefused, RemoteUnreachable
from wagit.team.remotes import NoSuchRemote, open_remote


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


BY_SSH = [rule for rule in FEW if name_of(rule) in {"blobs_arrive_whole", "proven_and_nothing_left_of_it"}]


@pytest.mark.parametrize("rule", longer(BY_SSH, list(RULES)), ids=name_of)
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


def shared_a_head(place: GitPlace, machine: str = "ada") -> None:
    """Advance and read, which takes a fetch and a push."""
    remote = place.open(machine)
    assert remote.advance(SPACE, machine.encode(), None) == remote.head(SPACE)
    assert place.ref(SPACE, "head") in place.leftovers()
    remote.destroy(SPACE)


@pytest.fixture
def server(tmp_path: Path) -> GitRepo:
    return bare_repository(tmp_path / "server.git")


@pytest.fixture
def nowhere(tmp_path: Path, server: GitRepo) -> GitPlace:
    """A place whose clones' origin leads nowhere, unless their config says more."""
    return GitPlace(tmp_path, server, "https://nowhere.invalid/it.git")


def test_a_relative_path(tmp_path: Path, server: GitRepo) -> None:
    shared_a_head(GitPlace(tmp_path, server, "../server.git"))


def test_where_one_pushes_is_where_one_reads(nowhere: GitPlace, server: GitRepo) -> None:
    nowhere.clone("ada").config("remote.origin.pushurl", str(server.path))
    shared_a_head(nowhere)


@pytest.mark.parametrize("key", ["insteadOf", "pushInsteadOf"])
def test_urls_that_the_user_rewrites(key: str, nowhere: GitPlace, tmp_path: Path, server: GitRepo) -> None:
    (tmp_path / "it.git").symlink_to(server.path)
    nowhere.clone("ada").config(f"url.{tmp_path}/.{key}", "https://nowhere.invalid/")
    shared_a_head(nowhere)


def test_credentials_of_the_repository_alone(tmp_path: Path, server: GitRepo) -> None:
    with http_server(tmp_path, password='s3"cret') as url:
        place = GitPlace(tmp_path, server, f"{url}/server.git")
        script = f"!f() {{ echo username={USER}; echo 'password=s3\"cret'; }}; f"
        place.clone("ada").config("credential.helper", script)
        shared_a_head(place)
        with pytest.raises(RemoteRefused):
            place.open("bob").head(SPACE)


@pytest.mark.parametrize("of", ["work/", "work/ada/.git"])
def test_credentials_that_are_included_for_some_repositories(
    of: str, tmp_path: Path, server: GitRepo, home: Path
) -> None:
    with http_server(tmp_path, password="s3cret") as url:
        place = GitPlace(tmp_path / "work", server, f"{url}/server.git")
        login = base64.b64encode(f"{USER}:s3cret".encode()).decode()
        server.env["GIT_CONFIG_GLOBAL"] = os.devnull
        (home / "of-work").write_text(f'[http]\n\textraHeader = "Authorization: Basic {login}"\n')
        with (home / ".gitconfig").open("a") as config:
            config.write("[safe]\n\tbareRepository = explicit\n")
            config.write(f'[includeIf "gitdir:{tmp_path}/{of}"]\n\tpath = of-work\n')
        shared_a_head(place)


def test_a_header_of_the_user_is_sent_once(tmp_path: Path, server: GitRepo, home: Path) -> None:
    with http_server(tmp_path, password="s3cret") as url:
        login = base64.b64encode(f"{USER}:s3cret".encode()).decode()
        (home / ".gitconfig").write_text(f'[http]\n\textraHeader = "Authorization: Basic {login}"\n')
        shared_a_head(GitPlace(tmp_path, server, f"{url}/server.git"))


def test_an_ssh_command_of_the_repository(tmp_path: Path, server: GitRepo, ssh: SshServer) -> None:
    place = GitPlace(tmp_path, server, ssh.url(server.path))
    place.clone("ada").config("core.sshCommand", ssh.command)
    shared_a_head(place)


@pytest.mark.parametrize("own", [True, False])
def test_ssh_never_asks_unless_the_user_has_a_command_of_their_own(
    own: bool, tmp_path: Path, server: GitRepo
) -> None:
    fake = write_hook(tmp_path / "bin/ssh", f'#!/bin/sh\necho "$@ $SSH_ASKPASS" >{tmp_path}/said\nexit 255\n')
    environ = {"PATH": f"{fake.parent}:{os.environ['PATH']}", "SSH_ASKPASS": "window"}
    if own:
        environ["GIT_SSH_COMMAND"] = "ssh -v"
    place = GitPlace(tmp_path, server, "git@nowhere.invalid:it.git", **environ)
    with pytest.raises(RemoteUnreachable):
        place.open("ada").head(SPACE)
    said = (tmp_path / "said").read_text()
    assert ("BatchMode=yes" in said) is not own
    assert "window" not in said


FOR_COMMITS = {
    "core.compression": "9",
    "fetch.prune": "true",
    "fetch.unpackLimit": "1000",
    "push.followTags": "true",
    "push.gpgSign": "true",
    "push.pushOption": "none",
    "remote.origin.mirror": "true",
    "remote.origin.promisor": "true",
    "remote.origin.tagOpt": "--tags",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "true",
    "transfer.fsckObjects": "true",
}


def test_settings_for_commits_change_nothing(tmp_path: Path, server: GitRepo, home: Path) -> None:
    hook = write_hook(tmp_path / "hooks/pre-push", f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    server.env["GIT_CONFIG_GLOBAL"] = os.devnull  # the settings are for who pushes
    place = GitPlace(tmp_path, server, str(server.path))
    ada = place.clone("ada")
    write_hook(ada.hook_file("pre-push"), hook.read_text())
    everywhere = GitRepo(home)
    for name, value in FOR_COMMITS.items():
        everywhere.git("config", "--global", name, value)
        ada.config(name, value)
    everywhere.git("config", "--global", "core.hooksPath", str(hook.parent))
    shared_a_head(place)
    blobs_arrive_whole(place, tmp_path / "work")
    assert not (tmp_path / "ran").exists()


def test_hooks_of_the_config_do_not_run(
    tmp_path: Path, server: GitRepo, home: Path, git_new: GitProgram
) -> None:
    everywhere = GitRepo(home, git_new.path)
    everywhere.git("config", "--global", "hook.mine.event", "pre-push")
    everywhere.git("config", "--global", "hook.mine.command", f"touch {tmp_path}/ran; false")
    shared_a_head(GitPlace(tmp_path, server, str(server.path)))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("form", ["{path}", "file-less", "{http}"])
def test_an_address_instead_of_a_name(form: str, nowhere: GitPlace, tmp_path: Path, server: GitRepo) -> None:
    with http_server(tmp_path) as url:
        forms = {"{path}": str(server.path), "file-less": "../server.git", "{http}": f"{url}/server.git"}
        mine = nowhere.clone("ada")
        found = repository.find(str(mine.path), mine.environ())
        remote = open_remote(forms[form], TEAM, found, mine.environ(), str(tmp_path / "store"))
        assert remote.title == forms[form]
        assert remote.advance(SPACE, b"head", None) == remote.head(SPACE)


@pytest.mark.parametrize(
    "address", ["upstream", "ftp://host/x", "ext::sh -c true", "--upload-pack=true", "-c:x", "", "x::y"]
)
def test_what_is_no_address_is_said_so(address: str, nowhere: GitPlace, tmp_path: Path) -> None:
    mine = nowhere.clone("ada")
    found = repository.find(str(mine.path), mine.environ())
    with pytest.raises(NoSuchRemote):
        open_remote(address, TEAM, found, mine.environ(), str(tmp_path / "store"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:pw@host/x", "https://host/x"),
        ("HTTPS://t0ken@host:8080/x@y", "HTTPS://host:8080/x@y"),
        ("ssh://git:pw@host/x", "ssh://git@host/x"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("git@host:x", "git@host:x"),
        ("no 'https://a:b@host/': see https://c:d@host/", "no 'https://host/': see https://host/"),
        ("https://a:p@ss@host/x", "https://host/x"),
    ],
)  # fmt: skip
def test_passwords_are_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_several_threads_share_one_remote(tmp_path: Path, server: GitRepo) -> None:
    ada = GitPlace(tmp_path, server, str(server.path)).open("ada")
    files = [make_blobs(tmp_path / "files", b"%d" % number) for number in range(4)]
    with ThreadPoolExecutor() as pool:
        for sent in [pool.submit(ada.put, SPACE, one, ignore) for one in files]:
            sent.result()
    assert ada.blobs(SPACE) == {blob.name for one in files for blob in one}


@pytest.mark.parametrize("rule", FEW, ids=name_of)
@pytest.mark.usefixtures("git_new")
def test_rules_by_the_newest_git(rule: Rule, tmp_path: Path) -> None:
    server = bare_repository(tmp_path / "server.git")
    rule(GitPlace(tmp_path, server, str(server.path)), tmp_path / "work")
