"""Two pushes of one number are told apart: by a number alone a session would be written over unseen."""

from __future__ import annotations

import pytest

from tests.support.memory_remote import MemoryRemote
from tests.support.sharing import SLOT, Sharer
from tests.support.team_keys import team_of
from wagit.team import seen
from wagit.team.access import remember
from wagit.team.push import Behind
from wagit.team.seen import RolledBack


def test_what_took_the_place_of_a_push_that_was_rolled_back_is_pulled_once_it_is_accepted(
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
    with pytest.raises(RolledBack):
        ada.pull(remote)
    came = ada.pull(remote, accept_older=True)
    assert (came.number, came.new) == (2, True)
    assert ada.files == bob.files


def test_another_teams_push_of_the_number_that_ours_had_is_not_taken_for_it(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.push(remote)
    bob.pull(remote)
    ada.runs({"y.json": "1"})
    ada.push(remote)  # number 2
    other, secret = team_of(ada.owner, bob.owner, secret="0" * 64)
    remember(bob.store, secret)
    ada.team = bob.team = other
    seen.update(ada.store, other, SLOT, lambda old: old._replace(looked=1.0))  # as `team ls` does
    bob.runs({"x.json": '"bob"'})
    assert bob.push(remote).number == 2
    ada.runs({"x.json": '"ada"'})
    with pytest.raises(Behind):
        ada.push(remote)
    assert ada.pull(remote).new
    assert ada.files == bob.files


def test_who_moves_to_another_remote_pushes_there_and_is_not_told_of_a_roll_back(
    remote: MemoryRemote, pair: tuple[Sharer, Sharer]
) -> None:
    ada, bob = pair
    ada.push(remote)
    elsewhere = MemoryRemote()
    ada.team = bob.team = ada.team._replace(remote="file:///srv/team")
    assert (ada.push(elsewhere).number, bob.pull(elsewhere).number) == (2, 2)
    assert bob.files == ada.files
