"""Repositories with and without wagit, made once and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import GitProgram
from tests.support.setup import Setup
from tests.support.standin import number, other_number, phone, standin, standin_of_session
from tests.support.twins import Twins, prepared

__all__ = ["both", "number", "other_number", "phone", "standin", "standin_of_session", "templates"]

NEWER = ("--ref-format=reftable", "--object-format=sha256")


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"root": tmp_path_factory.mktemp("templates")}


@pytest.fixture
def both(any_git: GitProgram, templates: dict[str, Path], tmp_path: Path) -> Twins:
    """Under each git there is; the newer one's repository is of git 3.0's kind: reftable and sha256."""
    name = str(any_git)
    if name not in templates:
        options = NEWER if any_git.version >= (2, 54) else ()
        prepared(templates["root"] / name / "repo", any_git.path, options)
        templates[name] = templates["root"] / name
    return Twins(tmp_path, templates[name], any_git.path)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """On main, with develop seen before."""
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    return setup
