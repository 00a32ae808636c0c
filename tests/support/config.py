"""Load a configuration that a test writes into a real repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from wagit.config.load import Config, load
from wagit.config.problems import ConfigProblems
from wagit.core.repository import find


def load_at(
    repo: GitRepo,
    branch: str | None = None,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Config:
    environ = {**os.environ, **(env or {})}
    return load(find(str(repo.path), environ), environ, overrides or {}, branch)


def problems_at(repo: GitRepo, **arguments: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigProblems) as raised:
        load_at(repo, **arguments)  # type: ignore[arg-type]
    return [str(problem) for problem in raised.value.problems]


def write_user_config(home: Path, text: str) -> Path:
    file = home / ".config/wagit/config.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
