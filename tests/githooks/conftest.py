from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.hooks import Stub
from wagit.githooks.places import hook_files


@pytest.fixture
def wagit(repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stub:
    """wagit's own hook, replaced by one that notes that it was called."""
    stub = Stub(tmp_path / "stub")
    ours = hook_files()._replace(home=str(stub.home))
    monkeypatch.setattr("wagit.githooks.install.hook_files", lambda: ours)
    (repo.common_dir / "wagit").mkdir()
    return stub
