"""One profile written by Chromium, for every test that only reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.linked_profile import LINKED, write_profile

VALUES = {**LINKED, "ünicode✓": "日本語 🔑", "nul": "a\0b", "gone": "x", "empty": ""}


@pytest.fixture(scope="session")
def linked_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_profile(tmp_path_factory.mktemp("linked") / "profile", VALUES, remove=("gone",))
