"""Terms of different lengths, as two processes of one member may trust them: the longest one counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.machines import Machine, laptops, with_stores
from tests.support.memory_remote import MemoryRemote
from tests.support.redis_server import RedisServer
from tests.support.team_keys import SECRET
from wagit.team.access import remember
from wagit.team.head_leases import HeadLeases
from wagit.team.leases import LeaseHeld
from wagit.team.redis_leases import RedisLeases

SLOT = "staging"


def test_a_shorter_term_makes_nobody_free_of_a_longer_one(tmp_path: Path) -> None:
    remote, (ada, bob) = MemoryRemote(), with_stores(laptops(tmp_path, "ada", "bob"))
    held = ada.leases(remote).take(SLOT)  # a run that goes on with what it trusted when it began
    short = ada.access(remote)._replace(team=ada.team._replace(term=10.0))
    again = HeadLeases(short, boot=ada.boot).take(SLOT)  # as `team lease --take` in another terminal
    assert again.until == held.until
    with pytest.raises(LeaseHeld):
        bob.leases(remote).take(SLOT)
    bob.boot.pass_time(250.0)
    with pytest.raises(LeaseHeld):
        bob.leases(remote).take(SLOT)


def test_a_shorter_term_makes_nobody_free_of_a_longer_one_in_redis(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    remote, (ada, _) = MemoryRemote(), with_stores(laptops(tmp_path, "ada", "bob"))

    def of(who: Machine, term: float) -> RedisLeases:
        remember(who.store, SECRET)
        team = who.team._replace(term=term, lease_at=redis_server.url)
        return RedisLeases(who.access(remote)._replace(team=team), boot=who.boot)

    of(ada, 300.0).take(SLOT)
    held = of(ada, 10.0).take(SLOT)
    assert held.until <= ada.boot.now() + 300.0
    assert of(ada, 10.0).look(SLOT).left > 250.0
