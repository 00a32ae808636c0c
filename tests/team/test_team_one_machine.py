"""Two terminals of one machine on one shared slot: neither gives the lease away under the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.sharing import SHARED, SLOT, Sharer, members
from wagit.operations import team_ways
from wagit.operations.team_run import Sharing
from wagit.operations.team_tenure import Ways
from wagit.team.head import Lease
from wagit.team.remote import Blob, Moved


@pytest.fixture
def ada(tmp_path: Path) -> Sharer:
    [ada] = members(tmp_path, "ada", config=SHARED)
    ada.write({"creds.json": creds(7)})
    return ada


def terminal(who: Sharer, remote: MemoryRemote) -> Sharing:
    """A run in a terminal of its own, which pulled and is about to start its bot."""

    def pull(*_: object) -> tuple[str, ...]:
        who.pull(remote)
        return ()

    ways = Ways(lambda *_: who.access(remote), lambda _: who.leases(remote), pull, team_ways.push, who.boot)
    run = Sharing(lambda _: None, ways)
    run.at(SLOT)
    bring = run.enter(who.context, SLOT)
    if bring is not None:
        bring()
    return run


def lease_of(who: Sharer, remote: MemoryRemote) -> Lease | None:
    return who.head(remote).head.lease


def test_a_run_that_ends_leaves_the_lease_to_the_one_that_is_about_to_start(
    ada: Sharer, remote: MemoryRemote
) -> None:
    first, second = terminal(ada, remote), terminal(ada, remote)  # nobody has the slot's lock
    first.close()
    assert lease_of(ada, remote) is not None
    second.close()
    assert lease_of(ada, remote) is None


def test_a_push_that_ends_leaves_the_lease_to_a_run_that_began_meanwhile(
    ada: Sharer, remote: MemoryRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.push(remote)
    ada.runs({"keys.json": '"more"'})
    began: list[Sharing] = []
    put = remote.put

    def slowly(space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        began.append(terminal(ada, remote))
        put(space, files, moved)

    monkeypatch.setattr(remote, "put", slowly)
    assert ada.push(remote).number == 2
    assert lease_of(ada, remote) is not None
    began[0].close()
    assert lease_of(ada, remote) is None
