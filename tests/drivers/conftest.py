"""What the tests of the preload share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.node_bot import Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)
