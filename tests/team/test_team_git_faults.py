"""What goes wrong with a git remote: told apart, said in one sentence, and nothing half done is current."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support import privileges
from tests.support.cutting import Cutting, cutting
from tests.support.git import GitRepo, write_hook
from tests.support.git_place import GitPlace
from tests.support.git_servers import USER, bare_repository, http_server, ssh_server
from tests.support.long import long, longer
from tests.support.remote_rules import SPACE, Moves, fetched, ignore, make_blob, make_blobs
from tests.support.servers import reserved_port
from wagit.core.locks import acquire
from wagit.team import git_place, git_remote
from wagit.team.git_process import Ended
from wagit.team.git_scratch import Scratch
from wagit.team.git_words import trouble
from wagit.team.remote import (
    LARGEST_HEAD,
    BlobDamaged,
    BlobGone,
    NoConditionalWrites,
    Overtaken,
    RemoteRefused,
    RemoteUnreachable,
)


@pytest.fixture
def server(tmp_path: Path) -> GitRepo:
    return bare_repository(tmp_path / "server.git")


@pytest.fixture
def place(tmp_path: Path, server: GitRepo) -> GitPlace:
    return GitPlace(tmp_path, server, str(server.path))


@pytest.fixture
def broken(tmp_path: Path, server: GitRepo) -> Iterator[tuple[GitPlace, Cutting]]:
    """The place over HTTP, behind a network that can be cut."""
    with http_server(tmp_path) as url, cutting(int(url.rpartition(":")[2])) as proxy:
        yield GitPlace(tmp_path, server, f"http://127.0.0.1:{proxy.port}/server.git"), proxy


def object_file(server: GitRepo, ref: str) -> Path:
    """The loose object behind a ref."""
    oid = server.git("rev-parse", ref)
    return server.path / "objects" / oid[:2] / oid[2:]


@pytest.mark.parametrize("after", longer([0, 300, 900, 1500], list(range(0, 2600, 50))))
@long
def test_a_cut_network_leaves_the_old_head_or_the_new_one(
    broken: tuple[GitPlace, Cutting], after: int
) -> None:
    place, proxy = broken
    ada = place.open("ada")
    first = ada.advance(SPACE, b"first", None)
    proxy.cut_after(after)
    with contextlib.suppress(RemoteUnreachable):
        ada.advance(SPACE, b"second", first.version)
        assert after > 1000, "so little cannot be enough"
    proxy.cut_after(None)
    now = ada.head(SPACE)
    assert now is not None
    assert now.data in (b"first", b"second")
    assert ada.advance(SPACE, b"third", now.version) == ada.head(SPACE)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_what_was_sent_and_fetched_before_a_cut_is_not_moved_again(
    broken: tuple[GitPlace, Cutting], part: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_remote, "GROUP", 100_000)
    place, proxy = broken
    files = make_blobs(tmp_path / "files", *(os.urandom(90_000) for _ in range(4)))
    ada, whole = place.open("ada"), 360_000

    proxy.cut_after(int(whole * part))
    with pytest.raises(RemoteUnreachable):
        ada.put(SPACE, files, ignore)
    proxy.cut_after(None)
    there, sent = ada.blobs(SPACE), Moves()
    ada.put(SPACE, files, sent)
    assert sent.total == whole - 90_000 * len(there)
    assert len(there) >= int(part * 4) - 1

    proxy.cut_after(int(whole * part))
    with pytest.raises(RemoteUnreachable):
        fetched(ada, files, tmp_path / "got")
    proxy.cut_after(None)
    here, got = {path.name for path in (tmp_path / "got").iterdir()}, Moves()
    assert here <= {blob.name for blob in files}
    ada.get(SPACE, files, str(tmp_path / "got"), got)
    assert got.total == whole - 90_000 * len(here)
    assert len(here) >= int(part * 4) - 1


def test_nobody_there(tmp_path: Path, server: GitRepo) -> None:
    with reserved_port() as port:
        ada = GitPlace(tmp_path, server, f"http://{USER}:secret@127.0.0.1:{port}/server.git").open("ada")
        for attempt in (lambda: ada.head(SPACE), lambda: ada.advance(SPACE, b"x", None), ada.spaces):
            with pytest.raises(RemoteUnreachable) as said:
                attempt()
            assert "secret" not in said.value.message
    assert "secret" not in ada.title


def test_a_server_that_never_answers(
    tmp_path: Path, server: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_place, "BRIEF", git_place.BRIEF._replace(silence=0.3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = GitPlace(tmp_path, server, f"git://127.0.0.1:{silent.getsockname()[1]}/server.git")
        with pytest.raises(RemoteUnreachable, match=r"nothing came for 0\.3 s"):
            place.open("ada").spaces()


@pytest.mark.parametrize("way", ["path", "http"])
def test_a_repository_that_is_gone(way: str, tmp_path: Path, server: GitRepo) -> None:
    with http_server(tmp_path) as url:
        gone = str(tmp_path / "gone.git") if way == "path" else f"{url}/gone.git"
        with pytest.raises(RemoteRefused, match=r"gone\.git"):
            GitPlace(tmp_path, server, gone).open("ada").head(SPACE)


def test_no_right_to_it_over_http(tmp_path: Path, server: GitRepo) -> None:
    with http_server(tmp_path, password="s3cret") as url:
        with pytest.raises(RemoteRefused) as said:
            GitPlace(tmp_path, server, f"{url}/server.git").open("ada").head(SPACE)
        wrong = url.replace("//", f"//{USER}:wr0ng@")
        with pytest.raises(RemoteRefused) as again:
            GitPlace(tmp_path, server, f"{wrong}/server.git").open("bob").head(SPACE)
        assert "wr0ng" not in said.value.message + again.value.message
        right = url.replace("//", f"//{USER}:s3cret@")
        cem = GitPlace(tmp_path, server, f"{right}/server.git").open("cem")
        assert cem.advance(SPACE, b"head", None) == cem.head(SPACE)
        assert cem.title == f"origin ({url}/server.git)"


def test_a_key_and_a_host_that_ssh_does_not_know(tmp_path: Path, server: GitRepo) -> None:
    with ssh_server(tmp_path / "ssh") as ssh:
        stranger = GitPlace(tmp_path, server, ssh.url(server.path), GIT_SSH_COMMAND=ssh.stranger)
        with pytest.raises(RemoteRefused, match="Permission denied"):
            stranger.open("eve").head(SPACE)
        (tmp_path / "ssh/known_hosts").unlink()
        known = GitPlace(tmp_path, server, ssh.url(server.path), GIT_SSH_COMMAND=ssh.command)
        with pytest.raises(RemoteRefused, match="Host key verification failed"):
            known.open("ada").head(SPACE)


def test_a_server_that_declines(place: GitPlace, server: GitRepo, tmp_path: Path) -> None:
    write_hook(server.path / "hooks/pre-receive", "#!/bin/sh\necho 'over your quota of 5 MB' >&2\nexit 1\n")
    ada = place.open("ada")
    with pytest.raises(RemoteRefused, match="over your quota of 5 MB"):
        ada.put(SPACE, make_blobs(tmp_path / "files", b"data"), ignore)
    with pytest.raises(RemoteRefused, match="over your quota of 5 MB"):
        ada.advance(SPACE, b"head", None)
    with pytest.raises(RemoteRefused):
        ada.prove()


def test_a_server_without_room(tmp_path: Path) -> None:
    def fill() -> None:
        privileges.own_mounts()
        disk = tmp_path / "disk"
        disk.mkdir()
        privileges.mount(disk, "size=1m")
        place = GitPlace(tmp_path, bare_repository(disk / "server.git"), str(disk / "server.git"))
        ada = place.open("ada")
        first = ada.advance(SPACE, b"head", None)
        with pytest.raises(RemoteRefused, match=r"(?i)no space left"):
            ada.put(SPACE, make_blobs(tmp_path / "files", os.urandom(2 << 20)), ignore)
        assert (ada.head(SPACE), ada.blobs(SPACE)) == (first, set())

    privileges.in_a_fork(fill, tmp_path / "said")


@pytest.mark.parametrize("size", [2 << 20, 100])
def test_no_room_here_is_told_from_a_blob_that_grew(size: int, tmp_path: Path, server: GitRepo) -> None:
    def fetch() -> None:
        privileges.own_mounts()
        (tmp_path / "ada-store").mkdir()
        privileges.mount(tmp_path / "ada-store", "size=1m")
        place = GitPlace(tmp_path, server, str(server.path))
        blob, path = make_blob(tmp_path / "files", os.urandom(size))
        place.open("bob").put(SPACE, {blob: path}, ignore)
        if size > 1000:
            with pytest.raises(OSError, match="No space left"):
                fetched(place.open("ada"), [blob], tmp_path / "got")
        else:  # never more than a blob's size is written, even before it is looked at
            place.spoil(SPACE, blob.name, os.urandom(2 << 20))
            with pytest.raises(BlobDamaged):
                fetched(place.open("ada"), [blob], tmp_path / "got")

    privileges.in_a_fork(fetch, tmp_path / "said")


def test_an_interrupted_push_leaves_no_process(place: GitPlace, server: GitRepo, tmp_path: Path) -> None:
    started = tmp_path / "started"
    write_hook(server.path / "hooks/pre-receive", f"#!/bin/sh\necho $$ >{started}\nexec sleep 100\n")

    def interrupt(_: int) -> None:
        while not (started.exists() and started.read_text()):
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.open("ada").put(SPACE, make_blobs(tmp_path / "files", b"data"), interrupt)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(started.read_text())).wait(60)
    assert not list((tmp_path / "ada-store/git").iterdir())


def test_a_lock_that_a_crashed_server_left(
    place: GitPlace, server: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = place.open("ada")
    first = ada.advance(SPACE, b"first", None)
    lock = server.path / (place.ref(SPACE, "head") + ".lock")
    lock.touch()
    monkeypatch.setattr("wagit.team.git_remote.sleep", ignore)
    with pytest.raises(RemoteRefused, match=r"head\.lock"):
        ada.advance(SPACE, b"second", first.version)
    assert ada.head(SPACE) == first
    monkeypatch.setattr("wagit.team.git_remote.sleep", lambda _: lock.unlink())
    assert ada.advance(SPACE, b"second", first.version).data == b"second"


def test_a_head_that_was_forced_is_not_overwritten(place: GitPlace) -> None:
    ada = place.open("ada")
    first = ada.advance(SPACE, b"first", None)
    place.spoil(SPACE, "head", b"forced")
    with pytest.raises(Overtaken):
        ada.advance(SPACE, b"second", first.version)
    now = ada.head(SPACE)
    assert now is not None
    assert now.data == b"forced"


@pytest.mark.parametrize("with_commit", [False, True])
def test_a_head_that_is_no_head(with_commit: bool, place: GitPlace, server: GitRepo) -> None:
    ada = place.open("ada")
    ada.advance(SPACE, b"first", None)
    if with_commit:
        tree = server.git("mktree")
        server.git("update-ref", place.ref(SPACE, "head"), server.git("commit-tree", tree, "-m", "no head"))
    else:
        place.spoil(SPACE, "head", os.urandom(LARGEST_HEAD + 1))
    with pytest.raises(BlobDamaged):
        ada.head(SPACE)


@pytest.mark.parametrize("way", ["path", "http"])
def test_objects_that_the_server_lost(way: str, server: GitRepo, tmp_path: Path) -> None:
    with http_server(tmp_path) as url:
        place = GitPlace(tmp_path, server, str(server.path) if way == "path" else f"{url}/server.git")
        ada = place.open("ada")
        here, gone, bad = (make_blob(tmp_path / "files", name * 1000) for name in (b"1", b"2", b"3"))
        ada.put(SPACE, dict([here, gone, bad]), ignore)
        object_file(server, place.ref(SPACE, gone[0].name)).unlink()
        with pytest.raises(BlobGone, match=gone[0].name) as said:
            fetched(ada, [here[0], gone[0], bad[0]], tmp_path / "got")
        assert here[0].name not in said.value.message
        assert {path.name for path in (tmp_path / "got").iterdir()} == {here[0].name, bad[0].name}

        spoilt = object_file(server, place.ref(SPACE, bad[0].name))
        spoilt.chmod(0o600)
        spoilt.write_bytes(spoilt.read_bytes()[:-9])
        with pytest.raises(BlobDamaged, match=bad[0].name) as damage:
            fetched(ada, [here[0], bad[0]], tmp_path / "again")
        assert here[0].name not in damage.value.message
        assert [path.name for path in (tmp_path / "again").iterdir()] == [here[0].name]

        spoilt.unlink()  # newer servers delete no ref to what they cannot read
        ada.drop(SPACE, [gone[0].name, bad[0].name])
        ada.put(SPACE, dict([here, gone, bad]), ignore)
        assert len(fetched(ada, [here[0], gone[0], bad[0]], tmp_path / "mended")) == 3


def test_a_head_that_the_server_lost_is_not_taken_for_none(place: GitPlace, server: GitRepo) -> None:
    ada = place.open("ada")
    ada.advance(SPACE, b"first", None)
    object_file(server, place.ref(SPACE, "head")).unlink()
    with pytest.raises(BlobDamaged):
        ada.head(SPACE)
    with pytest.raises(Overtaken):
        ada.advance(SPACE, b"anew", None)


def test_a_file_that_changed_before_it_was_sent(place: GitPlace, tmp_path: Path) -> None:
    blob, path = make_blob(tmp_path / "files", b"as it was")
    Path(path).write_bytes(b"as it iz")
    ada = place.open("ada")
    with pytest.raises(BlobDamaged):
        ada.put(SPACE, {blob: path}, ignore)
    assert ada.blobs(SPACE) == set()


def test_what_lies_there_by_a_blobs_name_is_replaced(place: GitPlace, tmp_path: Path) -> None:
    files = make_blobs(tmp_path / "files", b"right")
    ada = place.open("ada")
    ada.put(SPACE, files, ignore)
    place.spoil(SPACE, next(iter(files)).name, b"wrong")
    ada.put(SPACE, files, ignore)
    assert list(fetched(ada, files, tmp_path / "got").values()) == [b"right"]


def test_a_server_without_compare_and_swap_is_found_out(
    place: GitPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, one_by_one = git_place.GitPlace.push, threading.Lock()

    def careless(self: git_place.GitPlace, own: Scratch, refs: list[str], *_: object) -> object:
        with one_by_one:
            return plain(self, own, [ref if ref.startswith(":") else f"+{ref}" for ref in refs])

    monkeypatch.setattr(git_place.GitPlace, "push", careless)
    with pytest.raises(NoConditionalWrites):
        place.open("ada").prove()
    assert place.leftovers() == []


def test_what_a_kill_left_is_swept(place: GitPlace, tmp_path: Path) -> None:
    root = tmp_path / "ada-store/git"
    for name in ("left", "young", "used"):
        (root / name / "objects").mkdir(parents=True)
    old = time.time() - 3600
    with acquire(root / "used/lock"):
        for name in ("left", "used"):
            os.utime(root / name, (old, old))
        place.open("ada").head(SPACE)
    assert sorted(path.name for path in root.iterdir()) == ["used", "young"]


def test_a_password_that_git_shows_is_not_passed_on() -> None:
    said = "fatal: unable to access 'https://ada:s3cret@host/it.git/': Could not resolve host: host\n"
    assert "https://host/it.git" in trouble(Ended(128, b"", said), "origin").message
    assert "s3cret" not in trouble(Ended(128, b"", said), "origin").message
