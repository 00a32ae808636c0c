"""What `wagit doctor` says of a team, and which members a shell completes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyrage import passphrase, x25519

from tests.support.mates import CONFIG, Mate
from wagit.cli import complete
from wagit.operations import doctor_team
from wagit.operations.doctor_check import Check
from wagit.team import keys

OWN, BOB = x25519.Identity.generate(), x25519.Identity.generate()
TEAM = f"""\
team:
  id: {"ab" * 32}
  recipients:
    - {OWN.to_public()} ada
    - {BOB.to_public()} bob
"""


@pytest.fixture
def ada(tmp_path: Path) -> Mate:
    return Mate.first(tmp_path, "ada", CONFIG + TEAM)


def row(mate: Mate, key: bytes | None = None) -> Check:
    """What is said of the team, with another file as the user's key."""
    with mate.here():
        path = keys.place(os.environ)
        assert path is not None
        if key is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(key)
            Path(path).chmod(0o600)
        [found] = doctor_team.checks(mate.context)
    return found


def test_each_step_towards_a_team_is_told_with_what_to_do(ada: Mate, tmp_path: Path) -> None:
    found = row(ada)
    assert (found.state, found.do) == ("warn", "see who is in it, and allow it: wagit trust")
    ada.ok("trust", "--yes")
    found = row(ada)
    assert (found.state, found.do) == ("fail", "make one: wagit team init")
    found = row(ada, str(x25519.Identity.generate()).encode())
    assert (found.state, found.found[:25]) == ("fail", "none of your keys is in t")
    found = row(ada, passphrase.encrypt(str(OWN).encode(), "secret"))
    assert found.state == "warn"
    assert "is protected by a passphrase" in found.found
    origin = tmp_path / "origin.git"
    assert row(ada, str(OWN).encode()) == Check(
        "team", "ok", f"you are ada, members: 2, sessions at origin ({origin})"
    )
    ada.repo.git("remote", "rename", "origin", "upstream")
    found = row(ada)
    assert found.state == "fail"
    assert "is no git remote of this repository" in found.found


def test_without_a_team_there_is_nothing_to_tell(ada: Mate) -> None:
    ada.repo.write(".wagit.yml", CONFIG)
    with ada.here():
        assert list(doctor_team.checks(ada.context)) == []


def test_completion_knows_the_members(ada: Mate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ada.here():
        monkeypatch.chdir(ada.repo.path)
        assert complete.members("") == ["ada", "bob"]
        assert complete.members("b") == ["bob"]
        monkeypatch.chdir(tmp_path)
        assert complete.members("") == []
