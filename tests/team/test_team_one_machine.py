"""Two terminals of one machine on one shared slot: neither gives the lease away under the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.sharing import SHARED, Sharer, members
from wagit.operations.team_run import Sharing
from wagit.team.head import Lease
from wagit.team.remote import Blob, Moved


@pytest.fixture
def ada(tmp_path: Path) -> Sharer:
    [ada] = members(tmp_path, "ada", config=SHARED)
    ada.write({"creds.json": creds(7)})
    return ada


def lease_of(who: Sharer, remote: MemoryRemote) -> Lease | None:
    return who.head(remote).head.lease


def test_a_run_that_ends_leaves_the_lease_to_the_one_that_is_about_to_start(
    ada: Sharer, remote: MemoryRemote
) -> None:
    first, second = ada.about_to_run(remote), ada.about_to_run(remote)  # nobody has the slot's lock
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
        began.append(ada.about_to_run(remote))
        put(space, files, moved)

    monkeypatch.setattr(remote, "put", slowly)
    assert ada.push(remote).number == 2
    assert lease_of(ada, remote) is not None
    began[0].close()
    assert lease_of(ada, remote) is None
