"""Leases in Redis: who had one before cannot push from the moment at which the next holder pulls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.memory_remote import MemoryRemote
from tests.support.redis_server import RedisServer
from tests.support.sessions import creds
from tests.support.sharing import SHARED, SLOT, Sharer, members
from wagit.operations.team_run import Sharing
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import Manifest
from wagit.team import push as engine
from wagit.team.leases import LeaseHeld, LeaseLost
from wagit.team.redis_leases import RedisLeases
from wagit.team.remote import Blob, Moved


class Both:
    """Ada and bob, whose leases are given by Redis."""

    def __init__(self, directory: Path, server: RedisServer) -> None:
        self.server, self.remote = server, MemoryRemote()
        self.ada, self.bob = members(directory, "ada", "bob", config=SHARED)
        self.ada.write({"creds.json": creds(7)})
        self.ada.push(self.remote)  # its lease was in the head
        self.bob.pull(self.remote)
        for who in (self.ada, self.bob):
            who.team = who.team._replace(lease_at=server.url)

    def leases(self, who: Sharer) -> RedisLeases:
        return RedisLeases(who.access(self.remote), boot=who.boot)

    def run_out(self) -> None:
        for key in self.server.cli("KEYS", "wagit:*").splitlines():
            self.server.cli("HSET", key, "until", "1")

    def snapshot(self, who: Sharer) -> Manifest:
        return manifests.read(who.store, SLOT, who.snapshot())

    def run(self, who: Sharer) -> Sharing:
        return who.about_to_run(self.remote, self.leases(who))


@pytest.fixture
def both(tmp_path: Path, redis_server: RedisServer) -> Both:
    made = Both(tmp_path, redis_server)
    with pytest.raises(LeaseHeld):  # Redis does not know the place yet: nobody gets a lease for a term
        made.leases(made.ada).take(SLOT)
    made.run_out()
    return made


def test_a_push_that_was_frozen_fails_once_somebody_else_is_about_to_start(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, began = both.remote.put, list[Sharing]()

    def frozen(space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        both.run_out()
        began.append(both.run(both.bob))
        put(space, files, moved)

    both.ada.runs({"x.json": '"late"'})
    held = both.leases(both.ada).take(SLOT)
    taken = both.snapshot(both.ada)
    monkeypatch.setattr(both.remote, "put", frozen)
    with pytest.raises(LeaseLost):
        engine.push(both.ada.access(both.remote), held, taken, 0.0)
    pushed = both.ada.head(both.remote).head.pushed
    assert pushed is not None
    assert pushed.number == 1
    began[0].close()


def test_who_still_has_a_lease_in_the_head_is_not_run_beside(both: Both) -> None:
    unaware = both.bob.team._replace(lease_at=None)
    both.bob.team = unaware
    both.bob.leases(both.remote).take(SLOT)
    with pytest.raises(LeaseHeld, match=r"held by bob on bob-pc.*not where team\.lease\.at has leases"):
        both.run(both.ada)
    fence = both.bob.head(both.remote).head.fence
    held = both.leases(both.ada).take(SLOT)._replace(fence=fence)
    with pytest.raises(LeaseHeld):
        engine.push(both.ada.access(both.remote), held, both.snapshot(both.ada), 0.0)
