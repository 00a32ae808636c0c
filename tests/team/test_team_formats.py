"""Heads, indexes and packs: what is written is read again, tells little by its length, survives a kill."""

from __future__ import annotations

import hashlib
import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.killing import killed_in_a_fork
from tests.support.team_keys import member, team_of
from tests.support.team_sessions import NOW, SLOT, Shared, digest_of, put, session_of
from wagit.core.store import Store
from wagit.snapshots import objects
from wagit.snapshots.manifest import DamagedSnapshot, Entry
from wagit.team import head_file, index_file, pack, padding, sealing
from wagit.team.head import Head, Lease, Pushed, Request
from wagit.team.index import KEPT, HostileSession
from wagit.team.pack import Packed
from wagit.team.remote import Blob

FILES = {
    "creds.json": b"{}",
    "empty": b"",
    "keys/deep/er": b"x" * 3000,
    "keys/\udcff\n.json": b"odd",
    "same": b"{}",
    "zz": random.Random(1).randbytes(300_000),
}
LEASE = Lease("0f" * 16, "ada", "tower", 300.0, NOW, 12, Request("bob", "laptop", NOW + 1))


def head_of(secret: str) -> Head:
    return Head(SLOT, secret, 7, LEASE, Blob("ab" * 32, 4711), Pushed(3, 5, NOW, "ada", "tower", 2, 900))


def body(sealed: bytes) -> int:
    """The length behind an age file's header, in which pyrage puts some bytes more that mean nothing."""
    return len(sealed) - sealed.index(b"\n--- ")


def everything(packed: tuple[Packed, ...], keys: object, directory: Path) -> dict[str, bytes]:
    directory.mkdir()
    found = [pair for one in packed for pair in pack.unpack(one.path, one.objects, keys, str(directory))]  # type: ignore[arg-type]
    return {digest: Path(path).read_bytes() for digest, path in found}


@pytest.mark.parametrize("bare", [False, True])
def test_a_head_is_read_by_each_recipient(tmp_path: Path, bare: bool) -> None:
    ada, bob = member(tmp_path, "ada"), member(tmp_path, "bob")
    team, secret = team_of(ada, bob)
    head = Head(SLOT, secret) if bare else head_of(secret)
    data = head_file.encode(head, team.recipients)
    for one in (ada, bob):
        assert head_file.decode(data, team, one.keys, SLOT) == head
        assert head_file.decode(data, team, one.keys, None) == head


def test_all_heads_look_alike(tmp_path: Path) -> None:
    ada = member(tmp_path, "ada")
    team, secret = team_of(ada)
    sealed = [head_file.encode(head, team.recipients) for head in (Head(SLOT, secret), head_of(secret))]
    assert body(sealed[0]) == body(sealed[1])
    opened = sealing.unseal(sealed[1], ada.keys, "it")
    assert len(opened) == head_file.BLOCK
    assert json.loads(opened)["fence"] == 7
    assert secret.encode() not in sealed[1]


def test_an_index_is_read_as_it_was_written(tmp_path: Path) -> None:
    ada, bob = member(tmp_path, "ada"), member(tmp_path, "bob")
    shared = Shared.make(tmp_path, FILES, ada, bob)
    blob = index_file.write(shared.index, shared.team.recipients, str(tmp_path))
    path = tmp_path / blob.name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == blob.name
    assert path.stat().st_size == blob.size
    for one in (ada, bob):
        assert index_file.read(str(path), shared.team, one.keys, SLOT) == shared.index


def test_an_index_has_what_other_machines_can_use_and_no_more(tmp_path: Path) -> None:
    ada = member(tmp_path, "ada")
    shared = Shared.make(tmp_path, {"a": b"1"}, ada)
    entry = shared.index.sessions[0].entries[0]
    session = session_of([entry._replace(mode=0o6755, ctime_ns=5, inode=9, mtime_ns=-1)])
    session = session._replace(
        header=session.header._replace(message="\x1b[2J" + "a" * 2000, branch="x\udcff")
    )
    blob = index_file.write(shared.index._replace(sessions=(session,)), shared.team.recipients, str(tmp_path))
    [read] = index_file.read(str(tmp_path / blob.name), shared.team, ada.keys, SLOT).sessions
    assert read.entries == (entry._replace(mode=0o755, mtime_ns=0),)
    assert (read.header.branch, read.header.message[:5], len(read.header.message)) == ("x?", "?[2Ja", 1000)


@pytest.mark.parametrize(
    "entry",
    [
        Entry("link", "link", 0o777, 0, 0, 0, 0, "/etc/passwd"),
        Entry("a/b", "directory", 0o700, 0, 0, 0, 0, ""),
    ],
)
def test_what_nobody_would_read_is_not_written(tmp_path: Path, entry: Entry) -> None:
    shared = Shared.make(tmp_path, {}, member(tmp_path, "ada"))
    with pytest.raises(HostileSession, match="session of slot staging cannot be shared"):
        index_file.write(
            shared.index._replace(sessions=(session_of([entry]),)), shared.team.recipients, str(tmp_path)
        )
    more = tuple(session_of([], number) for number in range(KEPT + 1))
    with pytest.raises(HostileSession, match="more than 5 sessions"):
        index_file.write(shared.index._replace(sessions=more), shared.team.recipients, str(tmp_path))


def test_packs_give_back_every_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "PACK", 4000)
    ada, bob = member(tmp_path, "ada"), member(tmp_path, "bob")
    shared = Shared.make(tmp_path, FILES, ada, bob)
    assert len(shared.packs) == 2  # the small ones, and the one that is larger than a pack
    expected = {digest_of(data): data for data in FILES.values()}
    assert everything(shared.packs, ada.keys, tmp_path / "a") == expected
    assert everything(shared.packs, bob.keys, tmp_path / "b") == expected
    for packed in shared.packs:
        assert hashlib.sha256(Path(packed.path).read_bytes()).hexdigest() == packed.blob.name


def test_one_object_of_a_pack_is_cut_out(tmp_path: Path) -> None:
    ada = member(tmp_path, "ada")
    [packed] = Shared.make(tmp_path, FILES, ada).packs
    for number, (digest, place) in enumerate(packed.objects.items()):
        directory = tmp_path / str(number)
        directory.mkdir()
        [(name, path)] = pack.unpack(packed.path, {digest: place}, ada.keys, str(directory))
        assert (name, digest_of(Path(path).read_bytes())) == (digest, digest)
        assert len(list(directory.iterdir())) == 1


def test_progress_tells_of_every_byte(tmp_path: Path) -> None:
    shared = Shared.make(tmp_path, FILES, member(tmp_path, "ada"))
    sizes = {digest: place.size for digest, place in shared.index.objects.items()}
    for attempt in ("first", "again"):
        (tmp_path / "new").mkdir(exist_ok=True)
        moved: list[int] = []
        list(pack.pack(shared.store, sizes, shared.team.recipients, str(tmp_path / "new"), moved.append))
        assert sum(moved) == sum(sizes.values()), attempt


def test_a_damaged_object_is_never_packed(tmp_path: Path) -> None:
    ada = member(tmp_path, "ada")
    store = Store(str(tmp_path / "store"))
    digest = put(store, b"contents")
    for spoiled in (b"contentz", b"content", b"contents and more", None):
        path = Path(objects.path_of(store, digest))
        path.unlink()
        if spoiled is not None:
            path.write_bytes(spoiled)
        (tmp_path / "out").mkdir(exist_ok=True)
        with pytest.raises(DamagedSnapshot, match=digest[2:]):
            list(pack.pack(store, {digest: 8}, [ada.recipient], str(tmp_path / "out"), lambda _: None))
        assert not list((tmp_path / "out").iterdir())
        path.write_bytes(b"contents")


def test_finished_packs_are_used_again_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "PACK", 100)
    ada = member(tmp_path, "ada")
    store, out = Store(str(tmp_path / "store")), tmp_path / "out"
    wanted = {put(store, bytes([number]) * 90): 90 for number in range(3)}
    out.mkdir()
    seen: set[str] = set()

    def run() -> list[str]:
        return [one.blob.name for one in pack.pack(store, wanted, [ada.recipient], str(out), lambda _: None)]

    kills = 0
    for ended in killed_in_a_fork(run, out, lambda: None):
        kills += ended.killed
        whole = {path.name[-64:] for path in out.iterdir() if not path.name.startswith(".")}
        assert seen <= whole  # what was finished stays as it is
        assert all(
            sealing.name_of(str(path)) == path.name[-64:] for path in out.iterdir() if path.name[0] != "."
        )
        seen = whole
    assert kills >= 3
    assert len(seen) == 3
    assert set(run()) == seen


def test_packs_for_others_or_of_other_objects_are_made_anew(tmp_path: Path) -> None:
    ada, bob = member(tmp_path, "ada"), member(tmp_path, "bob")
    store, out = Store(str(tmp_path / "store")), str(tmp_path)
    one, two = put(store, b"one"), put(store, b"two")

    def names(wanted: dict[str, int], *members: object) -> set[str]:
        recipients = [each.recipient for each in members]  # type: ignore[attr-defined]
        return {each.blob.name for each in pack.pack(store, wanted, recipients, out, lambda _: None)}

    first = names({one: 3, two: 3}, ada, bob)
    assert names({one: 3, two: 3}, bob, ada) == first
    assert names({one: 3, two: 3}, ada) != first
    assert names({one: 3}, ada, bob) != first


def test_a_spoiled_pack_of_an_earlier_call_is_made_anew(tmp_path: Path) -> None:
    ada = member(tmp_path, "ada")
    shared = Shared.make(tmp_path, FILES, ada)
    path = Path(shared.packs[0].path)
    path.write_bytes(path.read_bytes()[:-1])
    again = Shared.make(tmp_path, FILES, ada)
    assert again.packs[0].blob != shared.packs[0].blob
    assert everything(again.packs, ada.keys, tmp_path / "a").keys() == again.index.objects.keys()


def test_sealing_fails_with_its_own_error_and_leaves_nothing(tmp_path: Path) -> None:
    ada = member(tmp_path / "keys", "ada")
    (tmp_path / "out").mkdir()

    def pieces() -> object:
        yield b"one"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        sealing.seal_file(pieces(), [ada.recipient], str(tmp_path / "out"), durable=True)  # type: ignore[arg-type]
    assert os.listdir(tmp_path / "out") == []


@settings(deadline=None)
@given(st.integers(1, 1 << 40))
def test_padding_adds_at_most_an_eighth_and_leaves_few_lengths(length: int) -> None:
    padded = padding.padme(length)
    assert length <= padded <= length * 1.125
    exponent = padded.bit_length() - 1
    assert padded % (1 << (exponent - exponent.bit_length())) == 0
    assert padding.padme(padded) == padded


@pytest.mark.parametrize("length", [0, 1, 100, 4087, 4088, 4089, 4096, 5000, 70_000])
def test_a_padded_file_has_padmes_length(length: int) -> None:
    frame = padding.frame_after(length)
    assert length + len(frame) == max(4096, padding.padme(length + 8))
    assert int.from_bytes(frame[4:8], "little") == len(frame) - 8


def test_packs_of_nearly_the_same_size_have_the_same(tmp_path: Path) -> None:
    ada = member(tmp_path, "ada")
    store = Store(str(tmp_path / "store"))
    sizes = set()
    for size in (197_000, 198_500, 200_500):
        digest = put(store, random.Random(size).randbytes(size))
        [packed] = pack.pack(store, {digest: size}, [ada.recipient], str(tmp_path), lambda _: None)
        sizes.add(body(Path(packed.path).read_bytes()))
    assert len(sizes) == 1
