"""Machines race for a lease over a real git remote, die with it, and wake up after it ran out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.lease_race import (
    SLOT,
    FileBootClock,
    Told,
    access_by_git,
    holder,
    in_heads,
    in_redis,
    race,
    touch,
)
from tests.support.long import long, longer
from tests.support.machines import Together
from tests.support.namespaces import Network, git_daemon, network
from tests.support.redis_server import RedisServer
from wagit.team.access import read_head
from wagit.team.leases import LeaseHeld

TERM = 300.0


@pytest.fixture
def together(tmp_path: Path) -> Together:
    return Together.make(tmp_path, "ada", "bob", term=TERM)


@pytest.mark.timeout(600)
@long
def test_never_two_holders(together: Together, tmp_path: Path) -> None:
    rounds = longer(15, 200)
    check(race(together.machines, rounds, in_heads, tmp_path / "marker"), rounds)


@pytest.mark.timeout(600)
@long
def test_never_two_holders_over_a_network(together: Together, tmp_path: Path) -> None:
    rounds = longer(5, 200)
    with network("ada", "bob") as net, git_daemon(tmp_path) as port:
        connect(together, net, port)
        check(race(together.machines, rounds, in_heads, tmp_path / "marker", net.enter), rounds)


@pytest.mark.timeout(600)
@long
def test_never_two_holders_by_redis(together: Together, redis_server: RedisServer, tmp_path: Path) -> None:
    rounds = longer(15, 200)
    machines = at_redis(together, redis_server).machines
    check(race(machines, rounds, in_redis, tmp_path / "marker"), rounds)


def at_redis(together: Together, server: RedisServer, term: float = TERM) -> Together:
    """The same machines, with their leases in Redis."""
    machines = [
        one._replace(team=one.team._replace(lease_at=server.url, term=term)) for one in together.machines
    ]
    return together._replace(machines=tuple(machines))


def connect(together: Together, net: Network, port: int) -> None:
    """Let each machine reach the origin over its own wire."""
    for machine in together.machines:
        url = f"git://{net.host(machine.name)}:{port}/{together.origin.path.name}"
        machine.repo.git("remote", "set-url", "origin", url)


def check(told: list[Told], rounds: int) -> None:
    assert [one.wrong for one in told] == [[], []]
    fences = sorted(fence for one in told for fence in one.fences)
    assert fences == list(range(1, len(fences) + 1))  # each lease has a number of its own
    assert len(fences) + sum(one.refused for one in told) == 2 * rounds
    assert len(fences) >= rounds


def test_a_killed_holder_is_replaced_after_its_term(together: Together, tmp_path: Path) -> None:
    ada, bob = together.machines
    bobs = in_heads(access_by_git(bob), bob.boot)
    with holder(ada, in_heads, FileBootClock(tmp_path / "clock")) as one:
        assert one.hears() == "held"
        one.kill()
    with pytest.raises(LeaseHeld):
        bobs.take(SLOT)
    bob.boot.pass_time(TERM * 1.05)
    assert bobs.take(SLOT).fence == 2


def test_a_holder_frozen_past_its_term_wakes_to_no_lease(together: Together, tmp_path: Path) -> None:
    ada, bob = together.machines
    bobs = in_heads(access_by_git(bob), bob.boot)
    clock = FileBootClock(tmp_path / "clock")
    with holder(ada, in_heads, clock) as one:
        assert one.hears() == "held"
        one.freeze()
        bobs.look(SLOT)
        clock.set(clock.now() + 400)
        bob.boot.pass_time(400)
        assert bobs.take(SLOT).fence == 2
        one.wake()
        assert "has run out" in one.hears()
        assert one.pushes() == ("LeaseLost", "Overtaken")
    assert bobs.look(SLOT).ours


def test_a_holder_whose_clock_stood_still_is_told_by_the_head(together: Together, tmp_path: Path) -> None:
    ada, bob = together.machines
    bobs = in_heads(access_by_git(bob), bob.boot)
    clock = FileBootClock(tmp_path / "clock")
    with holder(ada, in_heads, clock) as one:  # as a virtual machine that was paused
        assert one.hears() == "held"
        one.freeze()
        bobs.look(SLOT)
        bob.boot.pass_time(400)
        bobs.take(SLOT)
        clock.set(clock.now() + 101)
        one.wake()
        assert "bob on bob-laptop has it now" in one.hears()
        assert one.pushes() == ("LeaseLost", "Overtaken")


def test_a_holder_without_network_gives_up_in_time_and_cannot_push_later(
    together: Together, tmp_path: Path
) -> None:
    ada, bob = together.machines
    clock = FileBootClock(tmp_path / "clock")
    with network("ada") as net, git_daemon(tmp_path) as port:
        bobs = in_heads(access_by_git(bob), bob.boot)
        connect(together._replace(machines=(ada,)), net, port)
        with holder(ada, in_heads, clock, net.enter) as one:
            assert one.hears() == "held"
            net.cut("ada")
            bobs.look(SLOT)
            clock.set(clock.now() + 101)  # its renewal hangs from now on
            with pytest.raises(LeaseHeld):
                bobs.take(SLOT)
            clock.set(clock.now() + 184)
            assert "has run out" in one.hears()
            bob.boot.pass_time(TERM * 1.05)
            assert bobs.take(SLOT).fence == 2
            net.mend("ada")
            assert one.pushes() == ("LeaseLost", "Overtaken")


def test_redis_replaces_a_holder_frozen_past_its_term(
    together: Together, redis_server: RedisServer, tmp_path: Path
) -> None:
    ada, bob = at_redis(together, redis_server, term=1.0).machines
    bobs_access = access_by_git(bob)
    bobs = in_redis(bobs_access, bob.boot)
    clock = FileBootClock(tmp_path / "clock")
    with holder(ada, in_redis, clock) as one:
        assert one.hears() == "held"
        one.freeze()
        read_head(bobs_access, SLOT)
        eventually(lambda: bobs.look(SLOT).left == 0)
        held = bobs.take(SLOT)
        assert held.fence == 2
        touch(bobs_access, held)
        clock.set(clock.now() + 1)
        one.wake()
        assert "has run out" in one.hears()
        assert one.pushes() == ("LeaseLost", "Overtaken")
