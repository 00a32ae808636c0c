"""SIGKILL under a write load: the next two starts are ready without a scan, and what was lost is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.bots import browsers_of, needs_packages
from tests.support.kill_rounds import Started, killed_under_load, rounds, started
from tests.support.long import long, longer
from tests.support.recovering import Bots
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages, long]


@pytest.fixture
def bots(tmp_path: Path, standin: Standin, phone: Phone, number: str) -> Bots:
    """A session with a snapshot; it grows round by round."""
    bots = Bots.make(tmp_path / "my bot", standin, phone, number)
    bots.linked()
    return bots


@pytest.mark.parametrize("seed", longer(range(1), range(10)))
def test_ready_without_a_scan_twice_after_each_kill(bots: Bots, seed: int, tmp_path: Path) -> None:
    for at, round_ in enumerate(rounds(seed, longer(3, 5))):
        with killed_under_load(bots, round_) as rows:
            evidence = keep(bots, tmp_path / f"round {at}")
            first, second = started(bots), started(bots)
        print(round_, f"{rows} rows", first, second, sep="; ")  # shown by `pytest -rP`, and when it fails
        assert_said(first)
        assert (second.said, second.did) == ([], [])
        assert min(first.rows, second.rows) >= rows or first.did, f"{round_} lost rows without a word"
        shutil.rmtree(evidence, ignore_errors=True)


def assert_said(start: Started) -> None:
    """For whatever was done to the session there is a line that says so, and what it cost."""
    told = [line for line in start.said if line.startswith("wagit: slot production is broken: ")]
    assert len(told) == len(start.did), start
    assert all("lost" in line for line in told), start


def keep(bots: Bots, path: Path) -> Path:
    """Copy the session as a kill left it, to be looked at when the round fails."""
    if not browsers_of(bots.repo.path):
        shutil.copytree(bots.profile, path, symlinks=True)
    return path
