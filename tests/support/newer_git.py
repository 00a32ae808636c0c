"""Find the newer git that `.ci/newer-git` fetches for the tests that need git >= 2.54."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.git import git_program

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".cache/git-new/bin/git"
NEEDED = (2, 54)


def newer_git() -> str:
    """Return the path of a git >= 2.54: the system's or the fetched one; skip where there is none."""
    if git_program().version >= NEEDED:
        return git_program().path
    if not os.access(PROGRAM, os.X_OK):
        pytest.skip(f"needs git >= 2.54, and {PROGRAM.relative_to(ROOT)} is not there: run .ci/newer-git")
    return str(PROGRAM)
