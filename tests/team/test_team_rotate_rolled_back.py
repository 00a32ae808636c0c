"""A rotation takes nothing along that was rolled back: in the new place nobody could tell any more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.mates import Mate


@pytest.fixture
def ada(tmp_path: Path, in_a_directory: None) -> Mate:  # noqa: ARG001
    mate = Mate.first(tmp_path, "ada")
    mate.ok("team", "init", "--name", "ada")
    mate.share("the team")
    mate.write(7, app="1")
    mate.ok("team", "push")
    shutil.copytree(tmp_path / "remote", tmp_path / "older")
    mate.write(7, app="2")
    mate.ok("team", "push")
    shutil.rmtree(tmp_path / "remote")
    return mate


def test_an_older_state_is_not_moved_unasked(ada: Mate, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "older", tmp_path / "remote")
    before = ada.config
    assert ada.error("team", "rotate", "--yes")["code"] == "team-rolled-back"
    assert ada.config == before
    ada.ok("team", "pull", "--accept-older")
    assert ada.data("team", "rotate", "--yes")["slots"] == ["staging"]


def test_nor_is_a_slot_left_out_that_was_there(ada: Mate) -> None:
    before = ada.config
    assert ada.error("team", "rotate", "--yes")["code"] == "team-rolled-back"
    assert ada.config == before
    ada.ok("team", "pull", "--accept-older")
    assert ada.data("team", "rotate", "--yes")["slots"] == []
