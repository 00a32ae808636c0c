"""What a team's tests share: servers, two members and the place between them, and time enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.directory_remote import DirectoryRemote
from tests.support.memory_remote import MemoryRemote
from tests.support.redis_server import redis_of_session, redis_server
from tests.support.s3_server import s3_server
from tests.support.sessions import creds
from tests.support.sharing import Sharer, members
from wagit.operations import team_access
from wagit.operations.context import Context
from wagit.team.settings import Team

__all__ = ["redis_of_session", "redis_server", "s3_server"]

LIMITS = {
    "wagit.team.redis_wire.TIMEOUT": 60.0,
    "wagit.team.keeper.JOIN": 60.0,
    "wagit.team.git_remote.PAUSES": (0.05, 0.2, 0.5, 2.0, 10.0),
}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are for people who wait; on a machine that stalls for seconds they are no fault."""
    for name, value in LIMITS.items():
        monkeypatch.setattr(name, value)


@pytest.fixture
def remote() -> MemoryRemote:
    return MemoryRemote()


@pytest.fixture
def in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What people push lies in a directory instead of on their git remote: much quicker."""

    def place(_: Context, team: Team) -> DirectoryRemote:
        return DirectoryRemote(tmp_path / "remote" / team.name)

    monkeypatch.setattr(team_access, "remote", place)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Sharer, Sharer]:
    """Two members of one team; the first one has a login, which nobody has pushed yet."""
    ada, bob = members(tmp_path, "ada", "bob")
    ada.write({"creds.json": creds(7)})
    return ada, bob
