"""Load a configuration that a test writes into a real repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from wagit.config.load import Config, load
from wagit.config.problems import ConfigProblems
from wagit.core.repository import Repository, find


def load_at(
    repo: GitRepo | Path,
    branch: str | None = None,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Config:
    """Load at a worktree; a directory that is no repository will do where it has a `.wagit.yml`."""
    environ = {**os.environ, **(env or {})}
    if isinstance(repo, Path):
        where = Repository(str(repo), f"{repo}/.git", f"{repo}/.git")
    else:
        where = find(str(repo.path), environ)
    return load(where, environ, overrides or {}, branch)


def problems_at(repo: GitRepo | Path, **arguments: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigProblems) as raised:
        load_at(repo, **arguments)  # type: ignore[arg-type]
    return [str(problem) for problem in raised.value.problems]


def write_user_config(home: Path, text: str) -> Path:
    file = home / ".config/wagit/config.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
