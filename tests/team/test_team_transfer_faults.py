"""Nothing half-written is ever current, whatever breaks, and the next try goes on from there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.directory_remote import DirectoryRemote
from tests.support.killing import killed_in_a_fork
from tests.support.long import long, longer
from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.sharing import SLOT, Sharer, members
from wagit.operations import team_push
from wagit.team import head_file, transfer
from wagit.team.head_file import HeadForged
from wagit.team.leases import Held, LeaseLost
from wagit.team.object_remote import ObjectRemote
from wagit.team.remote import Blob, BlobDamaged, BlobGone, Moved, RemoteRefused, RemoteUnreachable
from wagit.team.seen import RolledBack

OLD = {"creds.json": creds(7), "x.json": "1"}
NEW = {"creds.json": creds(7), "x.json": "2", "y.json": "3"}
STRIDE = longer(7, 1)  # steps from one that it is killed before to the next


class Meddled(MemoryRemote):
    """Something happens once while blobs are sent."""

    meddle: Callable[[], None] | None = None

    def put(self, space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        first, self.meddle = self.meddle, None
        for blob, path in files.items():
            super().put(space, {blob: path}, moved)
            if first is not None:
                first()
                first = None


@pytest.fixture
def remote() -> Meddled:
    return Meddled()


@pytest.fixture
def pair(tmp_path: Path, remote: Meddled) -> tuple[Sharer, Sharer]:
    """Push 1 is on both machines, and ada's bot has run since."""
    ada, bob = members(tmp_path, "ada", "bob")
    ada.write(OLD)
    ada.push(remote)
    bob.pull(remote)
    ada.runs(NEW)
    return ada, bob


class Copies:
    """What is below a directory, as it was when this was made, again and again."""

    def __init__(self, *places: Path) -> None:
        self._places = {place: place.with_name(f"{place.name}-kept") for place in places}
        for place, kept in self._places.items():
            shutil.copytree(place, kept, symlinks=True)

    def reset(self) -> None:
        for place, kept in self._places.items():
            shutil.rmtree(place)
            shutil.copytree(kept, place, symlinks=True)


def stories(path: Path) -> tuple[Sharer, Sharer, DirectoryRemote]:
    """The same as `pair`, with a remote on disk."""
    remote = DirectoryRemote(path / "remote")
    ada, bob = members(path, "ada", "bob")
    ada.write(OLD)
    ada.push(remote)
    bob.pull(remote)
    ada.runs(NEW)
    return ada, bob, remote


@long
def test_a_push_killed_at_any_step_leaves_the_old_session_or_the_new(tmp_path: Path) -> None:
    ada, bob, remote = stories(tmp_path)
    copies = Copies(Path(ada.store.root), remote.root)
    both = 0
    for ended in killed_in_a_fork(lambda: ada.push(remote).number, tmp_path, copies.reset, STRIDE):
        pushed = bob.head(remote).head.pushed
        assert pushed is not None
        assert pushed.number in (1, 2)
        both |= pushed.number
        names = {blob.name for blob in ada.index(remote, tmp_path / "look").packs}
        assert names <= remote.blobs(ada.team.space(SLOT))
        done = ada.push(remote)
        assert done.number == 2, ended
        assert done.new is (pushed.number == 1)
        assert ada.push(remote).new is False
        assert sorted(os.listdir(transfer.outbox(ada.access(remote), SLOT))) == [_current(ada, remote)]
        assert ended.killed or ended.output == "2"
    assert both == 3  # it was killed before the head advanced, and after
    bob.pull(remote)
    assert bob.files == ada.files


def _current(ada: Sharer, remote: DirectoryRemote) -> str:
    current = ada.head(remote).head.current
    assert current is not None
    return current.name


@long
def test_a_pull_killed_at_any_step_leaves_the_old_session_or_the_new(tmp_path: Path) -> None:
    ada, bob, remote = stories(tmp_path)
    ada.push(remote)
    copies = Copies(Path(bob.store.root))
    seen = set()
    for ended in killed_in_a_fork(lambda: bob.pull(remote).number, tmp_path, copies.reset, STRIDE):
        assert bob.files in (OLD, NEW) or not bob.data.exists(), ended  # between two renames of a directory
        seen.add(bob.files == NEW)
        bob.pull(remote)
        assert bob.files == NEW, ended
        assert bob.state.base is not None
        assert bob.state.base.number == 2
        assert bob.pull(remote).new is False
    assert seen == {True, False}


@pytest.mark.parametrize("step", ["head", "put", "advance"])
def test_a_push_that_is_cut_off_goes_on_with_the_same_packs(
    remote: Meddled, pair: tuple[Sharer, Sharer], step: str
) -> None:
    ada, bob = pair
    held = ada.leases(remote).take(SLOT)
    before = ada.head(remote)
    remote.cut.append(step)
    with pytest.raises(RemoteUnreachable):
        team_push.push_held(ada.context, ada.access(remote), held)
    assert ada.head(remote) == before
    [sent] = [set(files) for files in remote.files.values()]
    packs = {name[-64:] for name in os.listdir(transfer.outbox(ada.access(remote), SLOT)) if "." in name}
    done = team_push.push_held(ada.context, ada.access(remote), held)
    assert (done.new, done.number) == (True, 2)
    [now] = [set(files) for files in remote.files.values()]
    assert packs <= now
    assert step != "advance" or len(now - sent) == 1  # another index of the same packs
    ada.leases(remote).release(held)
    bob.pull(remote)
    assert bob.files == NEW


def test_who_does_not_know_whether_it_was_done_finds_out(
    remote: Meddled, pair: tuple[Sharer, Sharer]
) -> None:
    ada, _ = pair
    held = ada.leases(remote).take(SLOT)
    remote.cut_after.append("advance")
    remote.before_advance = lambda: remote.cut.append("head")  # nor can it look
    with pytest.raises(RemoteUnreachable):
        team_push.push_held(ada.context, ada.access(remote), held)
    assert ada.state.base is not None
    assert ada.state.base.number == 1
    done = team_push.push_held(ada.context, ada.access(remote), held)
    assert (done.number, done.new) == (2, False)


def test_a_pull_that_is_cut_off_goes_on(remote: Meddled, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.push(remote)
    for cuts in (["head"], ["get"]):
        remote.cut.extend(cuts)
        with pytest.raises(RemoteUnreachable):
            bob.pull(remote)
        assert bob.files == OLD
    bob.pull(remote)
    assert bob.files == NEW


def test_a_full_remote_is_said_and_nothing_changed(remote: Meddled, pair: tuple[Sharer, Sharer]) -> None:
    ada, _ = pair
    pushed = ada.head(remote).head.pushed

    def full() -> None:
        raise RemoteRefused("memory: no space left on device", "make room there")

    remote.meddle = full
    with pytest.raises(RemoteRefused, match="no space left"):
        ada.push(remote)
    assert ada.head(remote).head.pushed == pushed
    assert ada.push(remote).number == 2


def test_who_lost_the_lease_meanwhile_cannot_push(remote: Meddled, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    bob.leases(remote).look(SLOT)

    def taken() -> None:  # ada's machine was frozen for longer than the term
        bob.leases(remote).look(SLOT)
        bob.boot.pass_time(1000)
        bob.leases(remote).take(SLOT)

    remote.meddle = taken
    with pytest.raises(LeaseLost):
        ada.push(remote)
    head = ada.head(remote).head
    assert head.pushed is not None
    assert head.pushed.number == 1
    assert head.lease is not None
    assert head.lease.by == "bob"


def test_somebody_who_asks_for_the_lease_meanwhile_is_no_obstacle(
    remote: Meddled, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    held = ada.leases(remote).take(SLOT)

    def asked() -> None:
        bob.leases(remote).request(SLOT)

    remote.meddle = asked
    assert team_push.push_held(ada.context, ada.access(remote), held).number == 2
    lease = ada.head(remote).head.lease
    assert lease is not None
    assert lease.request is not None
    assert lease.request.by == "bob"


def test_what_a_cut_push_left_there_is_dropped_by_the_next(
    remote: Meddled, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, _ = pair
    held = ada.leases(remote).take(SLOT)
    remote.cut.append("advance")
    with pytest.raises(RemoteUnreachable):
        team_push.push_held(ada.context, ada.access(remote), held)
    ada.runs({"x.json": "4"})
    shutil.rmtree(transfer.outbox(ada.access(remote), SLOT))
    for word in ("5", "6", "7"):
        ada.runs({"x.json": word})
        team_push.push_held(ada.context, ada.access(remote), held)
    index = ada.index(remote, tmp_path / "look")
    [there] = [set(files) for files in remote.files.values()]
    assert len(there - {blob.name for blob in index.packs}) == 2  # this index and the one before


def test_a_push_in_between_lets_a_pull_begin_anew(remote: Meddled, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.push(remote)
    before = remote.get

    def get(space: str, wanted: object, directory: str, moved: Moved) -> None:
        remote.get = before  # type: ignore[method-assign]
        for word in ("8", "9"):  # the first leaves what a pull of the session before needs
            ada.runs({"x.json": word, "y.json": word})
            ada.push(remote)
        before(space, wanted, directory, moved)  # type: ignore[arg-type]

    remote.get = get  # type: ignore[method-assign]
    assert bob.pull(remote).number == 4
    assert bob.files == ada.files


class Hosted:
    """A remote whose files somebody at its host can reach."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.ada, self.bob = members(path, "ada", "bob")
        self.place = path / "bucket"
        self.place.mkdir()
        self.remote = ObjectRemote.open(f"file://{self.place}", self.ada.team, os.environ)
        self.ada.write(OLD)
        self.ada.push(self.remote)

    def blob(self, name: str) -> Path:
        [found] = [path for path in self.place.rglob("*") if path.name.endswith(name)]
        return found

    @property
    def blobs(self) -> list[str]:
        """The index, and the packs."""
        return sorted(self.remote.blobs(self.ada.team.space(SLOT)))


@pytest.fixture
def hosted(tmp_path: Path) -> Hosted:
    return Hosted(tmp_path / "hosted")


def test_a_tampered_cut_or_pruned_blob_is_named(hosted: Hosted) -> None:
    for name in hosted.blobs:
        path = hosted.blob(name)
        whole = path.read_bytes()
        for spoiled in (bytes([whole[0] ^ 1]) + whole[1:], whole[:-1] + b"\0", whole[:-1], b""):
            path.write_bytes(spoiled)
            with pytest.raises(BlobDamaged, match=name[:12]):
                hosted.bob.pull(hosted.remote)
        path.unlink()
        with pytest.raises(BlobGone, match=name[:12]):
            hosted.bob.pull(hosted.remote)
        path.write_bytes(whole)
        shutil.rmtree(Path(hosted.bob.store.root) / "team" / "inbox")  # what was fetched whole needs no other
    assert not hosted.bob.files
    hosted.bob.pull(hosted.remote)
    assert hosted.bob.files == OLD


def test_who_has_the_session_mends_what_was_damaged_there(hosted: Hosted) -> None:
    hosted.ada.runs(NEW)
    hosted.ada.push(hosted.remote)
    for name in hosted.blobs:
        path = hosted.blob(name)
        path.write_bytes(bytes(path.stat().st_size))
    leases = hosted.ada.leases(hosted.remote)
    access = hosted.ada.access(hosted.remote)
    done = team_push.push_opened(hosted.ada.context, access, leases, SLOT, anew=True)
    assert (done.new, done.number, done.notices) == (True, 3, ())
    hosted.bob.pull(hosted.remote)
    assert hosted.bob.files == NEW


def test_older_sessions_that_were_damaged_there_are_given_up(hosted: Hosted, tmp_path: Path) -> None:
    hosted.ada.runs(NEW)
    hosted.ada.push(hosted.remote)
    hosted.bob.pull(hosted.remote)  # the newest alone
    index = hosted.bob.index(hosted.remote, tmp_path / "look")
    for pack in index.packs:
        hosted.blob(pack.name).write_bytes(bytes(pack.size))
    access, leases = hosted.bob.access(hosted.remote), hosted.bob.leases(hosted.remote)
    done = team_push.push_opened(hosted.bob.context, access, leases, SLOT, anew=True)
    assert any("not kept any more" in line for line in done.notices)
    assert [one.pushed.number for one in hosted.bob.index(hosted.remote, tmp_path / "look").sessions] == [3]
    assert hosted.ada.pull(hosted.remote).number == 3


def test_an_index_that_was_spoiled_here_is_fetched_again(
    remote: Meddled, pair: tuple[Sharer, Sharer]
) -> None:
    ada, _ = pair
    ada.push(remote)
    [kept] = Path(transfer.outbox(ada.access(remote), SLOT)).iterdir()
    kept.write_bytes(b"spoiled")
    ada.runs({"x.json": "9"})
    assert ada.push(remote).notices == ()


def test_a_remote_that_drops_nothing_has_the_push_all_the_same(
    remote: Meddled, pair: tuple[Sharer, Sharer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RemoteRefused("memory: deletions are not allowed", "")

    monkeypatch.setattr(remote, "drop", refuse)
    ada, _ = pair
    done = ada.push(remote)
    assert done.number == 2
    assert "deletions are not allowed" in done.notices[0]


def test_a_head_that_no_member_wrote_is_not_believed(tmp_path: Path) -> None:
    remote = MemoryRemote()
    ada, bob = members(tmp_path, "ada", "bob")
    ada.write(OLD)
    ada.push(remote)
    space = ada.team.space(SLOT)
    forged = ada.head(remote).head._replace(secret="guessed")
    remote.advance(space, head_file.encode(forged, ada.team.recipients), remote.heads[space].version)
    for act in (bob.pull, bob.push):
        with pytest.raises(HeadForged):
            act(remote)
    assert not bob.data.exists() or not bob.files


def test_a_head_of_another_slot_in_its_place_is_not_believed(tmp_path: Path) -> None:
    remote = MemoryRemote()
    ada, bob = members(tmp_path, "ada", "bob")
    ada.write(OLD)
    ada.push(remote)
    head = ada.head(remote).head._replace(slot="staging")
    space = ada.team.space(SLOT)
    remote.advance(space, head_file.encode(head, ada.team.recipients), remote.heads[space].version)
    with pytest.raises(HeadForged):
        bob.pull(remote)


def test_an_index_of_another_push_than_the_heads_is_not_believed(tmp_path: Path) -> None:
    remote = MemoryRemote()
    ada, bob = members(tmp_path, "ada", "bob")
    ada.write(OLD)
    ada.push(remote)
    found = ada.head(remote)
    assert found.head.pushed is not None
    head = found.head._replace(pushed=found.head.pushed._replace(number=9, by="bob"))
    remote.advance(ada.team.space(SLOT), head_file.encode(head, ada.team.recipients), found.version)
    with pytest.raises(HeadForged, match="another push than the head says"):
        bob.pull(remote)


def test_an_older_head_put_back_is_a_roll_back(remote: Meddled, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    space = ada.team.space(SLOT)
    old = remote.heads[space]
    ada.push(remote)
    bob.pull(remote)
    remote.heads[space] = old
    with pytest.raises(RolledBack):
        bob.pull(remote)
    assert bob.files == NEW


def test_where_leases_are_elsewhere_the_fence_in_the_head_refuses_who_lost_one(tmp_path: Path) -> None:
    remote = MemoryRemote()
    ada, bob = members(tmp_path, "ada", "bob")
    ada.team = bob.team = ada.team._replace(lease_at="redis://nowhere")
    first, second = Held(SLOT, "a" * 32, 1, 1e9), Held(SLOT, "b" * 32, 2, 1e9)
    ada.write(OLD)
    assert team_push.push_held(ada.context, ada.access(remote), first).number == 1
    bob.pull(remote)
    bob.runs(NEW)
    remote.cut.append("put")  # bob's machine gets no further than to its fence
    with pytest.raises(RemoteUnreachable):
        team_push.push_held(bob.context, bob.access(remote), second)
    ada.runs(NEW)
    with pytest.raises(LeaseLost):
        team_push.push_held(ada.context, ada.access(remote), first)
    assert team_push.push_held(bob.context, bob.access(remote), second).number == 2
    assert bob.head(remote).head.fence == 2
