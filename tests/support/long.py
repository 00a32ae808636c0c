"""The long run, `make test-long`: the same tests on more rounds, larger sessions, every combination."""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

LONG = os.environ.get("TEST_LONG") == "1"
_T = TypeVar("_T")


def longer(short: _T, whole: _T) -> _T:
    """What `make test` takes, and what the long run takes instead."""
    return whole if LONG else short


# For a test that has a longer version; only these run in the long run.
long = pytest.mark.long
