"""A session that comes under a shared slot's name is not taken for what the team has there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.sharing import SLOT, members
from wagit.operations import sessions
from wagit.team.push import Behind


def test_a_private_session_that_gets_a_shared_name_is_not_pushed_unasked(tmp_path: Path) -> None:
    remote = MemoryRemote()
    [ada] = members(tmp_path, "ada")
    ada.write({"creds.json": creds(7)})
    ada.push(remote)
    sessions.remove(ada.context, SLOT)
    ada.write({"creds.json": creds(8)}, slot="private")
    sessions.rename(ada.context, "private", SLOT)
    with pytest.raises(Behind):
        ada.push(remote)
    came = ada.pull(remote)  # as a run does
    assert (came.kept, ada.device) == (True, 7)
