"""Sessions on a shared mount and in S3: the rules of every remote, and what is these stores' own."""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from tests.support.fake_s3 import FakeS3, fake_s3
from tests.support.long import long, longer
from tests.support.remote_rules import (
    RULES,
    SPACE,
    TEAM,
    Moves,
    Rule,
    fetched,
    ignore,
    make_blob,
    make_blobs,
    name_of,
)
from tests.support.s3_server import SECRET, S3Server
from tests.support.servers import changed, reserved_port
from wagit.core.errors import WagitError
from wagit.team import object_store
from wagit.team.incoming import receive
from wagit.team.object_remote import MARGIN, ObjectRemote
from wagit.team.objects import Objects
from wagit.team.remote import (
    BlobDamaged,
    Mark,
    NoConditionalWrites,
    Overtaken,
    RemoteRefused,
    RemoteUnreachable,
)
from wagit.team.settings import Team


class StorePlace:
    """An object store at an address, and how its host spoils what lies there: see `remote_rules.Place`."""

    def __init__(self, address: str) -> None:
        self.address = address

    def open(self, machine: str, team: Team = TEAM) -> ObjectRemote:  # noqa: ARG002  # all read the same
        return ObjectRemote.open(self.address, team, {"AWS_ENDPOINT_URL": "http://loopback"})

    def spoil(self, space: str, name: str, data: bytes | None, team: Team = TEAM) -> None:
        key = f"{team.name}/{space}/blobs/{name}"
        if data is None:
            obstore.delete(self.store(), key)
        else:
            obstore.put(self.store(), key, data, use_multipart=False)

    def leftovers(self) -> list[str]:
        return sorted(one["path"] for page in obstore.list(self.store()) for one in page)

    def store(self) -> ObjectStore:
        return object_store.opener(self.address, {"AWS_ENDPOINT_URL": "http://loopback"})("ask")


class Interrupted(Objects):
    """Somebody else gets on between two steps of a writer: before it creates, or before its listing after."""

    def __init__(self, store: ObjectStore, title: str) -> None:
        super().__init__(lambda _: store, title)
        self.before_create: Callable[[], object] = bool
        self.after_create: Callable[[], object] = bool

    def create(self, key: str, data: bytes) -> bool:
        meanwhile, self.before_create = self.before_create, bool
        meanwhile()
        created = super().create(key, data)
        after, self.after_create = self.after_create, bool
        after()
        return created


@pytest.fixture
def mount(tmp_path: Path) -> StorePlace:
    (tmp_path / "a share").mkdir()
    return StorePlace(f"file://{tmp_path}/a%20share")


@pytest.fixture
def fake() -> Iterator[FakeS3]:
    with fake_s3() as s3, changed(s3.environ()):
        yield s3


def slow(place: StorePlace) -> tuple[ObjectRemote, Interrupted]:
    objects = Interrupted(place.store(), "slow")
    return ObjectRemote(objects, TEAM), objects


def on(remote: ObjectRemote, now: Mark | None, times: int = 1) -> Mark:
    """Replace the head again and again."""
    for number in range(times):
        now = remote.advance(SPACE, b"head %d" % number, now.version if now else None)
    assert now is not None
    return now


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_a_shared_mount(rule: Rule, mount: StorePlace, tmp_path: Path) -> None:
    rule(mount, tmp_path / "work")


FEW = [rule for rule in RULES if name_of(rule) in {
    "a_head_is_what_was_written_last", "who_read_an_older_head_is_refused", "of_many_at_once_one_wins",
    "blobs_arrive_whole", "proven_and_nothing_left_of_it",
}]  # fmt: skip


@long
def test_s3(s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test: a server takes its seconds to start in each worker that has a test of it."""
    for wait in ("CONNECT", "ANSWER"):
        monkeypatch.setattr(object_store, wait, timedelta(minutes=1))
    bucket = s3_server.make_bucket()
    with changed(s3_server.environ()):
        for rule in longer(FEW, list(RULES)):
            rule(StorePlace(f"s3://{bucket}/{name_of(rule)}"), tmp_path / name_of(rule))
        ada, big = StorePlace(f"s3://{bucket}").open("ada"), make_blob(tmp_path / "big", bytes(20 << 20))
        sent = Moves()
        ada.put(SPACE, dict([big]), sent)
        assert (sent.total, len(sent.steps)) == (20 << 20, 3), "in parts"
        assert fetched(ada, [big[0]], tmp_path / "got") == {big[0].name: bytes(20 << 20)}


def test_s3_says_why_it_refuses(s3_server: S3Server) -> None:
    bucket = s3_server.make_bucket()
    with changed(s3_server.environ(secret="not-the-secret")):
        refused = said(lambda: StorePlace(f"s3://{bucket}").open("eve").head(SPACE), RemoteRefused)
        assert "SignatureDoesNotMatch" in refused
    with changed(s3_server.environ()):
        missing = StorePlace("s3://nobody-made-it/there").open("ada")
        for what in (lambda: missing.head(SPACE), lambda: missing.advance(SPACE, b"", None), missing.prove):
            assert "s3://nobody-made-it/there: there is no such bucket" in said(what, RemoteRefused)
    assert SECRET not in refused


def said(what: Callable[[], object], kind: type[WagitError]) -> str:
    with pytest.raises(kind) as error:
        what()
    return error.value.message + error.value.hint


def test_old_heads_are_dropped_beyond_a_margin(mount: StorePlace) -> None:
    ada = mount.open("ada")
    last = on(ada, None, MARGIN + 7)
    assert len(mount.leftovers()) == MARGIN
    assert ada.head(SPACE) == last


@pytest.mark.parametrize("times", [1, MARGIN - 1, MARGIN, MARGIN + 5])
@pytest.mark.parametrize("first", [True, False])
def test_who_slept_between_reading_and_writing_is_too_late(
    mount: StorePlace, times: int, first: bool
) -> None:
    ada, (bob, asleep) = mount.open("ada"), slow(mount)
    now = None if first else on(ada, None)
    winner: list[Mark] = []
    asleep.before_create = lambda: winner.append(on(ada, now, times))
    with pytest.raises(Overtaken):
        bob.advance(SPACE, b"late", now.version if now else None)
    assert ada.head(SPACE) == winner[0]
    assert len(mount.leftovers()) <= MARGIN


@pytest.mark.parametrize("times", [1, 5])
def test_a_head_of_a_space_destroyed_meanwhile_does_not_come_back(mount: StorePlace, times: int) -> None:
    ada, (bob, asleep) = mount.open("ada"), slow(mount)
    now = on(ada, None, times)
    asleep.before_create = lambda: ada.destroy(SPACE)
    with pytest.raises(Overtaken):
        bob.advance(SPACE, b"late", now.version)
    assert mount.leftovers() == []


def test_a_space_that_began_anew_is_not_taken_for_the_old_one(mount: StorePlace) -> None:
    ada, bob = mount.open("ada"), mount.open("bob")
    old = bob.advance(SPACE, b"old", None)
    ada.destroy(SPACE)
    new = ada.advance(SPACE, b"new", None)
    with pytest.raises(Overtaken):
        bob.advance(SPACE, b"on the old one", old.version)
    assert ada.head(SPACE) == new


@pytest.mark.parametrize("first", [True, False])
def test_others_may_build_on_a_head_before_its_writer_has_looked(mount: StorePlace, first: bool) -> None:
    ada, (bob, asleep) = mount.open("ada"), slow(mount)
    now = None if first else on(ada, None)
    built: list[Mark] = []
    asleep.after_create = lambda: built.append(on(ada, ada.head(SPACE)))
    assert bob.advance(SPACE, b"ours", now.version if now else None).data == b"ours"
    assert ada.head(SPACE) == built[0]


def test_a_file_that_is_no_head_is_none(mount: StorePlace) -> None:
    ada = mount.open("ada")
    for name in ("9" * 19, "x" * 20, "\u0669" * 20, f"{7:020}/deeper"):
        obstore.put(mount.store(), f"{TEAM.name}/{SPACE}/head/{name}", b"not one")
    assert (ada.head(SPACE), ada.spaces()) == (None, [])


def test_a_head_of_gigabytes_is_not_read(mount: StorePlace) -> None:
    ada = mount.open("ada")
    on(ada, None)
    obstore.put(mount.store(), f"{TEAM.name}/{SPACE}/head/{2:020}", bytes(2 << 20))
    assert "has 2097152 bytes" in said(lambda: ada.head(SPACE), RemoteRefused)


def test_what_lies_there_cut_is_sent_again(mount: StorePlace, tmp_path: Path) -> None:
    ada, files = mount.open("ada"), make_blobs(tmp_path / "work", b"a whole blob")
    ada.put(SPACE, files, ignore)
    (blob,) = files
    mount.spoil(SPACE, blob.name, b"a who")
    ada.put(SPACE, files, ignore)
    assert fetched(ada, files, tmp_path / "got") == {blob.name: b"a whole blob"}


def test_a_share_that_is_not_mounted_is_not_made(tmp_path: Path) -> None:
    place = StorePlace(f"file://{tmp_path}/not-mounted")
    assert "there is no such directory" in said(lambda: place.open("ada"), RemoteUnreachable)
    assert not list(tmp_path.iterdir())


def test_a_store_that_ignores_conditions_is_refused(fake: FakeS3) -> None:
    ada = StorePlace("s3://bucket/here").open("ada")
    ada.prove()
    fake.ignores_conditions = True
    with pytest.raises(NoConditionalWrites):
        ada.prove()
    assert fake.objects == {}, "nothing of the trial stays"


def test_an_answer_that_is_lost_is_no_refusal(fake: FakeS3) -> None:
    """obstore tries again, and finds what it wrote itself."""
    ada = StorePlace("s3://bucket/here").open("ada")
    now = on(ada, None)
    fake.silent_puts = 1
    assert ada.advance(SPACE, b"sent twice", now.version) == ada.head(SPACE)


def test_a_download_that_breaks_leaves_nothing_half(fake: FakeS3, tmp_path: Path) -> None:
    ada, files = StorePlace("s3://bucket/here").open("ada"), make_blobs(tmp_path / "work", b"x" * 5000)
    ada.put(SPACE, files, ignore)
    fake.cut = 100
    with pytest.raises((RemoteUnreachable, BlobDamaged)):
        fetched(ada, files, tmp_path / "got")
    assert not list((tmp_path / "got").iterdir())
    fake.cut = None
    assert list(fetched(ada, files, tmp_path / "got").values()) == [b"x" * 5000]


@pytest.mark.parametrize(
    ("status", "words", "kind", "told"),
    [
        (
            403,
            "<Error><Code>AccessDenied</Code><Message>No right</Message></Error>",
            RemoteRefused,
            "No right",
        ),
        (403, "<Error><Code>QuotaExceeded</Code></Error>", RemoteRefused, "has no room"),
        (507, "<Error><Code>InsufficientStorage</Code></Error>", RemoteRefused, "has no room"),
        (404, "<Error><Code>NoSuchBucket</Code></Error>", RemoteRefused, "there is no such bucket"),
        (400, "<Error><Code>RequestTimeTooSkewed</Code></Error>", RemoteRefused, "RequestTimeTooSkewed"),
        (503, "<Error><Code>SlowDown</Code></Error>", RemoteUnreachable, "cannot be reached"),
    ],
)
def test_what_a_store_says_is_told(
    fake: FakeS3,
    status: int,
    words: str,
    kind: type[WagitError],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(object_store, "RETRIES", 1)
    fake.status, fake.words = status, words
    ada = StorePlace("s3://bucket/here").open("ada")
    files = make_blobs(tmp_path, b"data")
    for what in (
        lambda: ada.head(SPACE),
        lambda: ada.put(SPACE, files, ignore),
        lambda: ada.drop(SPACE, ["0" * 64]),
        ada.prove,
    ):
        message = said(what, kind)
        assert told in message
        assert "s3://bucket/here" in message
        assert "s3cr3t" not in message


def test_nobody_there() -> None:
    with reserved_port() as port:
        ours = FakeS3(port=port).environ()
        for endpoint in (ours["AWS_ENDPOINT_URL"], "http://no-such-host.invalid"):
            with changed({**ours, "AWS_ENDPOINT_URL": endpoint}):
                head = partial(StorePlace("s3://bucket").open("ada").head, SPACE)
                assert "s3://bucket cannot be reached" in said(head, RemoteUnreachable)


def test_no_secret_is_told() -> None:
    for address in ("s3://ada:s3cr3t@bucket/x", "az://account/box?sig=s3cr3t"):
        told = said(partial(ObjectRemote.open, address, TEAM, {}), RemoteRefused)
        assert "has a password or a token in it" in told
        assert "s3cr3t" not in told
    assert "s3cr3t" not in said(
        partial(ObjectRemote.open, "s3://s3cr3t\u2100@bucket", TEAM, {}), RemoteRefused
    )
    with pytest.raises(RemoteRefused) as error, object_store.translated("az://a/b"):
        raise obstore.exceptions.GenericError(
            "Generic MicrosoftAzure error: Error performing GET https://a.blob.core.windows.net/b?sig=s3cr3t "
            "in 3ms - Server returned non-2xx status code: 400 Bad\n\nDebug source: s3cr3t"
        )
    assert error.value.message == "az://a/b refused: Server returned non-2xx status code: 400 Bad"


@pytest.mark.parametrize(
    ("address", "needed"),
    [
        ("s3://bucket/x", "AWS_ACCESS_KEY_ID"),
        ("az://container/x", "AZURE_STORAGE_ACCOUNT_NAME"),
    ],
)
def test_no_credentials(address: str, needed: str) -> None:
    text = "Generic error: Error performing PUT http://169.254.169.254/latest/api/token in 7ms"
    with pytest.raises(RemoteRefused, match="no credentials") as error, object_store.translated(address):
        raise obstore.exceptions.GenericError(text)
    assert needed in error.value.hint


@pytest.mark.parametrize("address", ["file://relative/x", "file://host/tmp", "s3://", "gs:///x", "s3://[x"])
def test_what_is_no_address(address: str) -> None:
    said(partial(ObjectRemote.open, address, TEAM, {}), WagitError)


def test_a_full_disk(mount: StorePlace, tmp_path: Path) -> None:
    ada, files = mount.open("ada"), make_blobs(tmp_path / "work", *(bytes(size << 20) for size in (3, 20)))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        told = said(lambda: ada.put(SPACE, files, ignore), RemoteRefused)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "has no room" in told
    assert "File too large" in told
    assert ada.blobs(SPACE) == set()
    assert not [path for path in (tmp_path / "a share").rglob("*") if path.is_file()]
    ada.put(SPACE, files, ignore)
    assert ada.blobs(SPACE) == {blob.name for blob in files}


def test_no_more_is_read_than_a_blob_has(tmp_path: Path) -> None:
    blob, endless = make_blob(tmp_path / "work", b"x" * 10)[0], iter([b"x" * 8] * 1000)
    got = Moves()
    assert not receive(blob, endless, str(tmp_path), got)
    assert got.total == 8
    assert len(list(endless)) == 998
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_progress_is_told_one_at_a_time(mount: StorePlace, tmp_path: Path) -> None:
    files = make_blobs(tmp_path / "work", *(bytes([number]) * 1000 for number in range(30)))
    inside, seen = threading.Lock(), []

    def moved(count: int) -> None:
        assert inside.acquire(blocking=False)
        threading.Event().wait(0.001)  # time for another one to come in
        seen.append(count)
        inside.release()

    mount.open("ada").put(SPACE, files, moved)
    assert sum(seen) == 30_000
