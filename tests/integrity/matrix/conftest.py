"""Real Chromium on the stand-in, and the smallest sessions that have every class of files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chromium_sessions import Browsers, chromium
from tests.support.damage_matrix import SMALL, Matrix, made
from tests.support.standin import number, standin, standin_of_session
from wagit.standin.server import Standin

__all__ = ["number", "standin", "standin_of_session"]


@pytest.fixture(scope="session")
def small(standin_of_session: Standin, tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """Two sessions of a few MB: tables, logs and blob files. Tests open copies of them."""
    with chromium(standin_of_session) as browsers:
        return made(browsers, tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="module")
def browsers(small: Matrix, standin_of_session: Standin) -> Iterator[Browsers]:  # noqa: ARG001
    """Only once the sessions are made: there can be one driver at a time."""
    with chromium(standin_of_session) as browsers:
        yield browsers
