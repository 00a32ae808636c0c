"""A session goes from one member to the other and back, and nobody's is ever overwritten."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.setup import CONFIG
from tests.support.sharing import SLOT, Sharer, members
from tests.support.team_keys import team_of
from wagit.core.errors import WagitError
from wagit.operations import team_push
from wagit.operations.before_start import WrongAccount
from wagit.operations.restore_damage import BrokenSnapshot
from wagit.operations.snapshot import Ask, take
from wagit.slots import holding, records
from wagit.slots.holding import SlotBusy
from wagit.snapshots import manifest as manifests
from wagit.team.access import remember
from wagit.team.index import KEPT
from wagit.team.keys import CannotDecrypt
from wagit.team.leases import LeaseHeld
from wagit.team.push import Behind
from wagit.team.seen import RolledBack

LOGIN = {"creds.json": creds(7)}


def noise(seed: int, size: int = 20_000) -> str:
    """Text that no compression makes much smaller."""
    return f'"{random.Random(seed).randbytes(size // 2).hex()}"'


def test_a_session_goes_to_another_machine_and_back(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.runs(LOGIN | {"x.json": "1"})
    done = ada.push(remote)
    assert (done.number, done.generation, done.new, done.files) == (1, 1, True, 2)
    assert not records.exists(bob.store, SLOT) or not bob.files

    came = bob.pull(remote)
    assert (came.number, came.by, came.host, came.new, came.kept) == (1, "ada", "ada-pc", True, False)
    assert came.fetched > 0
    assert bob.files == ada.files
    assert (bob.record.driver, bob.record.generation, bob.device) == ("baileys", 1, 7)
    assert came.snapshot is not None
    header = manifests.read(bob.store, SLOT, came.snapshot).header
    assert (header.why, header.tag, header.generation) == ("team", "clean", 1)

    bob.runs(LOGIN | {"x.json": "[2]"})
    done = bob.push(remote)
    assert (done.number, done.generation) == (2, 2)
    came = ada.pull(remote)
    assert (came.by, came.kept) == ("bob", False)
    assert ada.files == bob.files
    assert ada.record.generation == 2


def test_nothing_changed_sends_and_fetches_nothing(remote: MemoryRemote, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.push(remote)
    blobs = {space: dict(files) for space, files in remote.files.items()}
    done = ada.push(remote)
    assert (done.new, done.sent, done.number) == (False, 0, 1)
    bob.pull(remote)
    assert (bob.pull(remote).new, bob.pull(remote).fetched) == (False, 0)
    assert bob.push(remote).new is False
    assert remote.files == blobs


def test_only_what_changed_is_sent_and_fetched(remote: MemoryRemote, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.write({f"n{n}.json": noise(n) for n in range(20)})
    first = ada.push(remote)
    bob.pull(remote)
    bob.runs({"n3.json": noise(99)})
    second = bob.push(remote)
    assert second.sent < first.sent / 5
    came = ada.pull(remote)
    assert came.fetched < first.sent / 10
    assert ada.files == bob.files


def test_a_push_based_on_an_older_one_is_refused(remote: MemoryRemote, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.push(remote)
    bob.pull(remote)
    bob.runs({"x.json": '"bob"'})
    bob.push(remote)
    ada.runs({"x.json": '"ada"'})
    head = ada.head(remote)
    with pytest.raises(Behind, match=r"push 2 of .* by bob on bob-pc; yours is based on push 1") as refused:
        ada.push(remote)
    assert "wagit team pull" in refused.value.hint
    assert ada.head(remote) == head

    assert (ada.state.unpushed, bob.state.unpushed) == (True, False)
    came = ada.pull(remote)
    assert (came.kept, ada.state.unpushed) == (True, False)
    assert ada.files["x.json"] == '"bob"'
    assert came.generation == 2  # above what ada's own run had
    kept = manifests.read(ada.store, SLOT, came.replaced or "")
    assert kept.header.generation == 1
    assert ada.push(remote).new is False


def test_a_bot_that_starts_while_the_session_before_is_pushed_leaves_something_to_push(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, _ = pair
    leases = ada.leases(remote)
    held = leases.take(SLOT)
    remote.before_advance = lambda: ada.runs({"x.json": "1"})
    team_push.push_held(ada.context, ada.access(remote), held)
    assert ada.state.unpushed
    team_push.push_held(ada.context, ada.access(remote), held)
    assert not ada.state.unpushed


def test_who_never_pulled_cannot_push_over_it(remote: MemoryRemote, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.push(remote)
    bob.write({"creds.json": creds(9)})
    with pytest.raises(Behind, match="yours is based on none of its pushes"):
        bob.push(remote)
    came = bob.pull(remote)
    assert came.kept is True
    assert bob.device == 7


def test_a_lease_of_somebody_else_keeps_a_push_away(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.push(remote)
    assert ada.head(remote).head.lease is None  # taken for the push, and given back
    bob.pull(remote)
    held = ada.leases(remote).take(SLOT)
    bob.runs({"x.json": "1"})
    with pytest.raises(LeaseHeld):
        bob.push(remote)
    ada.runs({"y.json": "1"})
    assert ada.push(remote).number == 2
    assert ada.leases(remote).look(SLOT).lease is not None  # it was ours before
    ada.leases(remote).release(held)


def test_five_sessions_are_kept_and_the_rest_goes(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, bob = pair
    for number in range(1, KEPT + 4):
        ada.runs({"x.json": noise(number)})
        assert ada.push(remote).number == number
    index = ada.index(remote, tmp_path / "look")
    assert [one.pushed.number for one in index.sessions] == [8, 7, 6, 5, 4]
    current = ada.head(remote).head.current
    assert current is not None
    [there] = [set(files) for files in remote.files.values()]
    assert {blob.name for blob in index.packs} | {current.name} <= there
    assert len(there) <= len(index.packs) + 2 + 1  # the index before, and a pack that it needed
    bob.pull(remote)
    assert bob.files == ada.files


def test_packs_that_are_mostly_over_are_packed_anew(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, bob = pair
    ada.write({"keep.json": noise(0, 2000), **{f"{n}.json": noise(n) for n in range(1, 8)}})
    ada.push(remote)
    [first] = ada.index(remote, tmp_path / "look").packs
    ada.runs({}, tuple(f"{n}.json" for n in range(1, 8)))
    for number in range(1, KEPT + 1):
        ada.runs({"x.json": noise(100 + number, 2000)})
        ada.push(remote)
    packs = ada.index(remote, tmp_path / "look").packs
    assert first not in packs
    bob.pull(remote)
    assert bob.files == ada.files


def test_many_small_packs_become_one(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wagit.team.plan.MANY", 4)
    ada, bob = pair
    for number in range(8):
        ada.runs({f"{number}.json": noise(number, 2000)})
        ada.push(remote)
        assert len(ada.index(remote, tmp_path / "look").packs) <= 5
    bob.pull(remote)
    assert bob.files == ada.files


def test_after_a_change_of_recipients_all_is_sealed_for_the_new_ones(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, bob = pair
    [eve] = members(tmp_path / "late", "eve")
    ada.write({"old.json": noise(1)})
    ada.push(remote)
    bob.pull(remote)
    bob.runs({"old.json": noise(2)})
    bob.push(remote)  # ada's machine has not what is new in it
    ada.pull(remote)
    bob.runs({"old.json": noise(3)})
    bob.push(remote)
    ada.pull(remote)
    with pytest.raises(CannotDecrypt):
        eve.pull(remote)
    team, _ = team_of(ada.owner, eve.owner)
    ada.team = eve.team = team
    done = ada.push(remote)  # nothing changed but who may read it
    assert done.new is True
    eve.pull(remote)
    assert eve.files == ada.files
    sessions = eve.index(remote, tmp_path / "look").sessions
    assert [one.pushed.number for one in sessions] == [4, 3, 2, 1]
    with pytest.raises(CannotDecrypt) as refused:
        bob.pull(remote)
    assert refused.value.exit_status == 14


def test_older_sessions_that_only_the_remote_has_are_sealed_anew_too(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, bob = pair
    ada.write({"old.json": noise(1)})
    ada.push(remote)
    ada.runs({"old.json": noise(2)})
    ada.push(remote)
    bob.pull(remote)  # the newest alone
    bob.team = team_of(bob.owner)[0]
    bob.push(remote)
    index = bob.index(remote, tmp_path / "look")
    assert [one.pushed.number for one in index.sessions] == [3, 2, 1]
    assert not (Path(bob.store.root) / "team" / "outbox" / SLOT / "gathered").exists()


def test_data_that_the_remote_lost_is_sent_again(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, bob = pair
    ada.push(remote)
    [pack] = ada.index(remote, tmp_path / "look").packs
    [files] = remote.files.values()
    del files[pack.name]
    with pytest.raises(WagitError):
        bob.pull(remote)
    assert ada.push(remote).new is True
    bob.pull(remote)
    assert bob.files == ada.files


def test_a_roll_back_is_seen_and_said_and_never_taken_unasked(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.push(remote)
    heads = remote.heads.copy()
    [blobs] = [dict(files) for files in remote.files.values()]
    ada.runs({"x.json": "2"})
    ada.push(remote)
    bob.pull(remote)
    remote.heads = heads
    remote.files = {space: dict(blobs) for space in remote.files}
    before = bob.everything
    for act in (bob.pull, bob.push, ada.pull, ada.push):
        with pytest.raises(RolledBack, match=r"has push 1 of .*, and had push 2 of .* by ada") as refused:
            act(remote)
        assert "--accept-older" in refused.value.hint
    assert bob.everything == before

    came = bob.pull(remote, accept_older=True)
    assert (came.number, came.kept, "x.json" in bob.files) == (1, False, False)
    assert any("older" in line for line in came.notices)
    bob.runs({"x.json": '"bob"'})
    assert bob.push(remote).number == 3  # above what anybody has seen
    assert ada.pull(remote).number == 3
    assert ada.files == bob.files


def test_a_remote_that_lost_all_is_no_new_beginning(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, _ = pair
    ada.push(remote)
    remote.destroy(ada.team.space(SLOT))
    for act in (ada.pull, ada.push):
        with pytest.raises(RolledBack, match=r"has nothing for"):
            act(remote)
    assert ada.pull(remote, accept_older=True).number == 0
    assert ada.push(remote).number == 2


def test_another_session_of_the_same_number_is_a_roll_back(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.push(remote)
    bob.pull(remote)
    heads, files = remote.heads.copy(), {space: dict(blobs) for space, blobs in remote.files.items()}
    ada.runs({"x.json": '"ada"'})
    ada.push(remote)
    remote.heads, remote.files = heads, files
    bob.runs({"x.json": '"bob"'})
    bob.push(remote)
    with pytest.raises(
        RolledBack, match=r"has push 2 of .* by bob for slot production, and had push 2 of .* by ada"
    ):
        ada.pull(remote)


def test_another_number_than_the_rules_is_not_pulled(tmp_path: Path, remote: MemoryRemote) -> None:
    config = CONFIG.replace("slot: production", 'slot: production\n    account: "+49 30 1234567"')
    [ada] = members(tmp_path, "ada")
    [bob] = members(tmp_path / "strict", "bob", config=config)
    bob.team = ada.team = team_of(ada.owner, bob.owner)[0]
    ada.write(LOGIN)
    ada.push(remote)
    before = bob.everything.keys()
    with pytest.raises(WrongAccount):
        bob.pull(remote)
    assert not bob.files
    assert not [path for path in bob.everything.keys() - before if "/snapshots/" in path]


def test_a_slot_in_use_is_neither_pushed_nor_pulled_into(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.push(remote)
    with holding.hold(ada.store, SLOT, "/", 0.0):
        ada.write({"x.json": "1"})
        with pytest.raises(SlotBusy):
            ada.push(remote)
    bob.write({"creds.json": creds(8)})
    with holding.hold(bob.store, SLOT, "/", 0.0), pytest.raises(SlotBusy):
        bob.pull(remote)
    assert bob.device == 8


def test_a_dry_run_of_a_pull_changes_nothing(remote: MemoryRemote, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.push(remote)
    told = bob.pull(remote, dry_run=True)
    assert (told.new, told.dry_run, told.number) == (True, True, 1)
    assert told.fetched > 0
    assert not bob.files
    assert bob.state.base is None


def test_nothing_was_pushed_yet(remote: MemoryRemote, pair: tuple[Sharer, Sharer]) -> None:
    assert (pair[1].pull(remote).number, pair[1].pull(remote).new) == (0, False)


def test_a_damaged_object_that_was_here_is_fetched_anew(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.write({"big.json": noise(1)})
    ada.push(remote)
    bob.snapshot({"creds.json": creds(8), "big.json": noise(1)})
    [path] = [p for p in Path(bob.store.objects()).rglob("*") if p.is_file() and p.stat().st_size > 10_000]
    path.chmod(0o600)
    path.write_text(noise(2))
    bob.pull(remote)
    assert bob.files == ada.files


def test_what_another_team_had_counts_for_nothing(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, bob = pair
    ada.push(remote)
    bob.pull(remote)
    (other,) = members(tmp_path / "other", "eve")
    other.team, secret = team_of(other.owner, bob.owner, secret="0" * 64)
    remember(other.store, secret)
    other.write({"creds.json": creds(9)})
    other.push(remote)  # the first push of that team, too
    bob.team = other.team
    with pytest.raises(Behind):
        bob.push(remote)
    assert bob.pull(remote).by == "eve"
    assert bob.device == 9


def test_a_broken_session_replaces_nothing(remote: MemoryRemote, pair: tuple[Sharer, Sharer]) -> None:
    ada, bob = pair
    ada.write({"creds.json": creds(7)[:40]})
    ada.push(remote)
    bob.write({"creds.json": creds(8)})
    with pytest.raises(BrokenSnapshot, match="push 1 by ada is no good"):
        bob.pull(remote)
    assert bob.device == 8
    assert bob.state.base is None


def test_a_message_of_the_users_own_stays_here(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer], tmp_path: Path
) -> None:
    ada, bob = pair
    os.utime(ada.data / "creds.json", (-5, -5))  # before 1970
    ask = Ask("asked", time.time(), "for\nme alone")
    take(ada.context.repo, ada.store, SLOT, ask)
    ada.push(remote)
    [session] = bob.index(remote, tmp_path / "look").sessions
    assert session.header.message == ""
    bob.pull(remote)
    assert bob.files == ada.files
