"""One holder of a slot across machines, by compare-and-swap and each machine's own boot clock alone."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.killing import killed_in_a_fork
from tests.support.machines import Machine, laptops, with_stores
from tests.support.memory_remote import MemoryRemote
from tests.support.team_keys import SECRET
from wagit.core import store as stores
from wagit.core.store import Store
from wagit.team import access, head_change, lease, state
from wagit.team.access import SecretUnknown, read_head, remember, write_head
from wagit.team.head import Head, Lease, Pushed, Request
from wagit.team.head_leases import HeadLeases
from wagit.team.leases import Held, LeaseHeld, LeaseLost, Look
from wagit.team.remote import Blob, Mark, Overtaken, RemoteUnreachable

T = TypeVar("T")
SLOT, TERM = "staging", 300.0


class Bench:
    """Two machines and a remote in memory."""

    def __init__(self, directory: Path) -> None:
        self.remote = MemoryRemote()
        self.ada, self.bob = with_stores(laptops(directory, "ada", "bob"))

    def pass_time(self, seconds: float) -> None:
        for machine in (self.ada, self.bob):
            machine.boot.pass_time(seconds)

    def of(self, machine: Machine) -> HeadLeases:
        return machine.leases(self.remote)

    def head(self) -> Head:
        found = read_head(self.ada.access(self.remote), SLOT)
        assert found is not None
        return found.head

    def lease(self) -> Lease:
        found = self.head().lease
        assert found is not None
        return found

    def push(self, machine: Machine, held: Held, number: int) -> None:
        """What a push does to the head."""
        pushed = Pushed(number, 1, 0.0, machine.name, "x", 1, 1)

        def decide(head: Head | None) -> Head:
            return lease.check(head, held)._replace(current=Blob("ab" * 32, 5), pushed=pushed)

        head_change.change(machine.access(self.remote), SLOT, decide)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_one_takes_it_and_the_other_is_told_who_has_it(bench: Bench) -> None:
    held = bench.of(bench.ada).take(SLOT)
    assert (held.slot, held.fence, held.until) == (SLOT, 1, bench.ada.boot.now() + TERM)
    bench.pass_time(65)
    with pytest.raises(LeaseHeld) as refused:
        bench.of(bench.bob).take(SLOT)
    assert refused.value.message == "slot 'staging' is held by ada on ada-laptop; free in at most 5 min 15 s"
    assert "--request" in refused.value.hint
    bench.pass_time(65)
    assert bench.of(bench.bob).look(SLOT).left == pytest.approx(TERM * 1.05 - 65)


def test_nobody_has_it_before_the_first(bench: Bench) -> None:
    assert bench.of(bench.bob).look(SLOT) == Look(None, 0, False, 0.0)
    assert bench.of(bench.bob).request(SLOT) == Look(None, 0, False, 0.0)
    with pytest.raises(SecretUnknown):
        bench.of(bench.bob).take(SLOT)
    assert bench.remote.advances == 0


def test_given_back_it_is_the_others_at_once_with_a_greater_fence(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    ada.release(held)
    assert bob.look(SLOT).lease is None
    assert bob.take(SLOT).fence == 2
    ada.release(held)  # not ours any more: left alone
    assert bench.lease().by == "bob"
    with pytest.raises(LeaseLost, match="bob on bob-laptop has it now"):
        ada.renew(held)


def test_a_holder_that_died_is_replaced_once_it_was_watched_for_a_term(bench: Bench) -> None:
    bench.of(bench.ada).take(SLOT)
    bench.pass_time(10_000)
    bob = bench.of(bench.bob)
    with pytest.raises(LeaseHeld):
        bob.take(SLOT)  # seen for the first time: how old it is, no clock can tell
    bench.pass_time(TERM * 1.05 - 1)
    with pytest.raises(LeaseHeld, match="free in at most 1 s"):
        bob.take(SLOT)
    bench.pass_time(1.01)
    assert bob.look(SLOT).left == 0
    assert lease.words(bob.look(SLOT)) == "free: ada on ada-laptop let it run out"
    assert bob.take(SLOT).fence == 2


def test_a_holder_that_renews_is_never_replaced(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    for _ in range(12):
        with pytest.raises(LeaseHeld):
            bob.take(SLOT)
        bench.pass_time(100)
        held = ada.renew(held)
    assert held.until == bench.ada.boot.now() + TERM


def test_neither_requests_nor_pushes_make_a_dead_holder_live(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    bob.look(SLOT)
    for number in range(1, 5):
        bench.pass_time(80)
        bob.request(SLOT)
        bench.push(bench.ada, held, number)
    assert bob.take(SLOT).fence == 2


def test_the_holder_hears_of_a_request_when_it_renews(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    assert held.request is None
    look = bob.request(SLOT)
    assert look.lease is not None
    assert look.lease.by == "ada"
    held = ada.renew(held)
    assert held.request is not None
    assert held.request[:2] == ("bob", "bob-laptop")
    ada.request(SLOT)  # of oneself: nothing
    assert ada.renew(held).request == held.request
    ada.release(held)
    assert bob.take(SLOT).request is None


def test_after_a_crash_the_same_machine_goes_on(bench: Bench) -> None:
    held = bench.of(bench.ada).take(SLOT)
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) == held
    again = bench.of(bench.ada).take(SLOT)
    assert (again.id, again.fence) == (held.id, held.fence)
    assert bench.lease().renewals == 1


def test_after_a_reboot_nothing_is_sure_and_yet_the_lease_is_ours(bench: Bench) -> None:
    held = bench.of(bench.ada).take(SLOT)
    bench.ada.boot.reboot()
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) is None
    assert bench.of(bench.ada).look(SLOT).ours
    again = bench.of(bench.ada).take(SLOT)
    assert (again.id, again.until) == (held.id, bench.ada.boot.now() + TERM)


def test_a_reboot_of_who_waits_begins_the_wait_anew(bench: Bench) -> None:
    bench.of(bench.ada).take(SLOT)
    bench.of(bench.bob).look(SLOT)
    bench.pass_time(290)
    bench.bob.boot.reboot(5000)
    assert bench.of(bench.bob).look(SLOT).left == pytest.approx(TERM * 1.05)


def test_what_was_watched_counts_in_the_next_process(bench: Bench) -> None:
    bench.of(bench.ada).take(SLOT)
    bench.of(bench.bob).look(SLOT)
    bench.pass_time(316)
    assert bench.of(bench.bob).take(SLOT).fence == 2


def test_who_looks_again_at_what_did_not_change_writes_nothing(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    for _ in ("held", "free"):
        bob.look(SLOT)
        known = Path(bench.bob.store.root, "team", "slots", f"{SLOT}.json").stat().st_ino
        bench.pass_time(1)
        bob.look(SLOT)
        assert Path(bench.bob.store.root, "team", "slots", f"{SLOT}.json").stat().st_ino == known
        ada.release(held)


@pytest.mark.parametrize("off", [-3600.0, 3600.0])
def test_clocks_an_hour_off_change_nothing(bench: Bench, off: float) -> None:
    class Wrong:
        def now(self) -> float:
            return 1_700_000_000 + off

        def monotonic(self) -> float:
            return 0.0

    bob = HeadLeases(bench.bob.access(bench.remote), clock=Wrong(), boot=bench.bob.boot)
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    assert bob.look(SLOT).left == pytest.approx(TERM * 1.05)
    bench.pass_time(314)
    with pytest.raises(LeaseHeld):
        bob.take(SLOT)
    bench.pass_time(2)
    taken = bob.take(SLOT)
    with pytest.raises(LeaseLost):
        ada.renew(held)
    bench.pass_time(1)
    assert ada.look(SLOT).left == pytest.approx(TERM * 1.05)
    assert bob.renew(taken).until == bench.bob.boot.now() + TERM


def test_a_copied_store_is_another_machine(bench: Bench, tmp_path: Path) -> None:
    bench.of(bench.ada).take(SLOT)
    shutil.copytree(bench.ada.store.root, tmp_path / "copy")
    copy = bench.ada._replace(store=Store(str(tmp_path / "copy")))
    assert not bench.of(copy).look(SLOT).ours
    with pytest.raises(LeaseHeld):
        bench.of(copy).take(SLOT)


def test_of_two_that_see_it_free_one_gets_it(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    ada.release(ada.take(SLOT))
    bob.look(SLOT)
    bench.remote.before_advance = lambda: _do(ada.take, SLOT)
    with pytest.raises(LeaseHeld, match="held by ada"):
        bob.take(SLOT)
    assert not bob.look(SLOT).ours
    assert bench.lease().by == "ada"


def test_a_push_and_a_renewal_lose_nothing_of_each_other(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    bench.remote.before_advance = lambda: bench.push(bench.ada, held, 1)
    held = ada.renew(held)
    assert bench.head().pushed is not None
    assert bench.lease().renewals == 1
    bench.remote.before_advance = lambda: _do(ada.renew, held)
    bench.push(bench.ada, held, 2)
    pushed = bench.head().pushed
    assert pushed is not None
    assert (pushed.number, bench.lease().renewals) == (2, 2)
    bench.remote.before_advance = lambda: bench.push(bench.ada, held, 3)
    ada.release(held)
    assert bench.head().lease is None
    assert bench.head().current == Blob("ab" * 32, 5)


def test_who_lost_the_lease_cannot_push(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    bob.look(SLOT)
    bench.pass_time(400)
    bench.remote.before_advance = lambda: _do(bob.take, SLOT)  # it wakes, and bob is faster
    with pytest.raises(LeaseLost):
        bench.push(bench.ada, held, 1)
    assert bench.head().pushed is None


def test_a_remote_that_never_lets_one_through_is_given_up(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)

    def again() -> None:
        found = read_head(bench.ada.access(bench.remote), SLOT)
        assert found is not None
        write_head(bench.ada.access(bench.remote), found.head, found.version)
        bench.remote.before_advance = again

    bench.remote.before_advance = again
    with pytest.raises(Overtaken):
        ada.renew(held)


def test_a_step_whose_answer_was_lost_is_known_to_be_done(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    bench.remote.cut_after.append("advance")
    held = ada.take(SLOT)
    bench.remote.cut_after.append("advance")
    bench.remote.before_advance = lambda: bench.ada.boot.pass_time(7)
    held = ada.renew(held)
    assert held.until == bench.ada.boot.now() - 7 + TERM  # from its start
    bench.remote.cut_after.append("advance")
    ada.release(held)
    assert bench.head().lease is None


def test_a_lease_taken_without_knowing_it_is_still_ours(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    bench.remote.cut_after.append("advance")
    bench.remote.before_advance = lambda: bench.remote.cut.append("head")
    with pytest.raises(RemoteUnreachable):
        ada.take(SLOT)
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) is None
    assert ada.look(SLOT).ours
    assert ada.take(SLOT).fence == 1


def test_without_network_a_held_lease_goes_on(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    bench.remote.cut.append("head")
    with pytest.raises(RemoteUnreachable):
        ada.renew(held)
    bench.remote.cut.append("head")
    with pytest.raises(RemoteUnreachable):
        ada.release(held)
    assert (
        state.held(bench.ada.store, SLOT, bench.ada.boot) == held
    )  # nothing was given back: it never was read


def test_what_may_have_been_given_back_is_not_sure(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    bench.remote.cut.append("advance")
    with pytest.raises(RemoteUnreachable):
        ada.release(held)
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) is None
    assert ada.look(SLOT).ours


def test_a_renewal_that_ends_after_the_release_makes_nothing_sure(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    state.update(bench.ada.store, SLOT, _unsure)
    ada.renew(held)
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) is None


def _do(what: Callable[[T], object], on: T) -> None:
    what(on)


def _unsure(known: state.State) -> state.State:
    assert known.own is not None
    return known._replace(own=known.own._replace(until=0.0))


@pytest.mark.parametrize("step", ["renew", "release"])
def test_what_is_seen_to_be_lost_is_not_sure(bench: Bench, step: str) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    found = read_head(bench.bob.access(bench.remote), SLOT)
    assert found is not None
    write_head(bench.bob.access(bench.remote), found.head._replace(lease=None), found.version)
    if step == "release":
        ada.release(held)
    else:
        with pytest.raises(LeaseLost, match="it was given back"):
            ada.renew(held)
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) is None
    assert state.read(bench.ada.store, SLOT).own is None


def test_a_destroyed_head_loses_the_lease(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    bench.remote.destroy(bench.ada.team.space(SLOT))
    with pytest.raises(LeaseLost, match="nothing of it is on the remote"):
        ada.renew(held)
    ada.release(held)
    assert ada.take(SLOT).fence == 2  # never the same number twice, also after a roll back


def test_the_secret_comes_with_the_first_head_that_is_seen(bench: Bench) -> None:
    bench.of(bench.ada).take(SLOT)
    bench.of(bench.bob).look(SLOT)
    assert access.known(bench.bob.store, bench.bob.team) is not None
    assert bench.of(bench.bob).take("other").fence == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.2, "1 s"), (59, "59 s"), (60, "1 min"), (250, "4 min 10 s"), (3600, "1 h"),
     (7322, "2 h 2 min")],
)  # fmt: skip
def test_times_to_wait_in_words(seconds: float, text: str) -> None:
    assert lease.span(seconds) == text


def test_who_has_it_in_words() -> None:
    ada = Lease("1f" * 16, "ada", "laptop", TERM, 0.0, request=Request("carl", "desk", 0.0))
    assert lease.words(Look(None, 1, False, 0.0)) == "free"
    assert lease.words(Look(ada, 1, True, 99.0)) == "held here"
    assert lease.words(Look(ada, 1, False, 250.0)) == "held by ada on laptop; free in at most 4 min 10 s"


def test_a_bot_has_its_grace_and_more_but_never_more_than_half_a_term() -> None:
    assert lease.stop_at(1300.0, 300.0, 10.0) == 1285.0
    assert lease.stop_at(1300.0, 300.0, 600.0) == 1150.0
    assert lease.retry_after(300.0) < lease.renew_every(300.0) == 100.0


class KeptRemote(MemoryRemote):
    """Its heads outlive a killed process, in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def head(self, space: str) -> Mark | None:
        if self.path.exists():
            self.heads, self._count = pickle.loads(self.path.read_bytes())
        return super().head(space)

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        mark = super().advance(space, data, after)
        self.path.write_bytes(pickle.dumps((self.heads, self._count)))
        return mark


def test_a_take_that_is_killed_at_any_step_leaves_one_that_the_same_machine_gets(tmp_path: Path) -> None:
    ada, bob = with_stores(laptops(tmp_path, "ada", "bob"))
    place = Path(ada.store.root, "team", "slots")
    remote = KeptRemote(tmp_path / "heads")

    def reset() -> None:
        remote.path.unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        shutil.rmtree(bob.store.root)
        remember(stores.create(bob.store.root), SECRET)

    killed = 0
    for ended in killed_in_a_fork(lambda: ada.leases(remote).take(SLOT), place, reset):
        there = bob.leases(KeptRemote(remote.path)).look(SLOT).lease
        held = ada.leases(KeptRemote(remote.path)).take(SLOT)
        assert there is None or there.id == held.id, ended
        assert held.fence == 1 or there is None, ended
        assert bob.leases(KeptRemote(remote.path)).look(SLOT).lease is not None
        killed += ended.killed
    assert killed > 5
