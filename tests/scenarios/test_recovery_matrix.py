"""Each row of the damage matrix on a slot with a clean snapshot: real whatsapp-web.js is ready, twice."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.support.bots import needs_packages
from tests.support.chromium_sessions import chromium
from tests.support.damage import DAMAGES, FILES, Damage
from tests.support.long import long, longer
from tests.support.recovering import Bots
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages, long]

NUMBERS = ("4915177700001", "4915177700002")
MEGABYTES = 4  # enough for tables in every database
# A whole database of another login is whole: no check tells it from one that was linked again.
ROWS = [damage for damage in DAMAGES if damage.file in FILES]
CHOSEN = Random("recovery").sample(ROWS, 1)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another session's profile."""
    return tmp_path_factory.mktemp("other") / "profile"


@pytest.fixture(scope="module")
def bots(tmp_path_factory: pytest.TempPathFactory, standin_of_session: Standin, other: Path) -> Bots:
    """A session that has run and was snapshotted; row by row it is damaged, and goes on."""
    standin = standin_of_session
    path = tmp_path_factory.mktemp("recovery") / "my bot"
    bots = Bots.make(path, standin, Phone(standin.control_url), NUMBERS[0])
    with chromium(standin) as browsers:
        for number, profile in zip(NUMBERS, (bots.profile, other), strict=True):
            browsers.linked(profile, number, MEGABYTES)
    assert bots.is_ready() == []
    return bots


@pytest.mark.parametrize("damage", longer(CHOSEN, ROWS), ids=lambda damage: f"{damage.file}, {damage.kind}")
def test_ready_without_a_scan_twice_in_a_row(bots: Bots, other: Path, damage: Damage) -> None:
    assert bots.auto.snapshots("production")
    if damage.do(bots.profile, other, "recovery") is None:
        pytest.skip("the session has no such file")
    bots.is_ready()
    assert bots.is_ready() == []
