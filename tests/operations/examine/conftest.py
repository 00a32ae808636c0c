"""A slot that was not checked yet, and its driver's check, which tells what it was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.checks import Checks
from tests.support.git import GitRepo
from tests.support.snapshots import Kept
from wagit.drivers.generic import Generic

KEYS = {"creds.json": b"{}", "keys/1": b"one", "keys/2": b"two", "x.pid": b"7"}  # the last is never taken


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    checks = Checks()
    monkeypatch.setattr(Generic, "check", lambda _, data, history, read: checks(data, history, read))
    return checks


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    """One for all: what is tested lies in the stores."""
    return GitRepo.init(tmp_path_factory.mktemp("seals") / "repo", "main")


@pytest.fixture
def kept(tmp_path: Path, repo: GitRepo) -> Kept:
    return Kept.beside(repo, tmp_path / "wagit", KEYS)
