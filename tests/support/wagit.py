"""Run the wagit of this checkout, and set repositories up with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.git import GitRepo, Ran
from tests.support.setup import wagit

WAGIT = (sys.executable, "-m", "wagit")
CHECKOUT = Path(__file__).parents[2]
# For scenarios with a real bot: main has the slot `production`, all else `dev`.
TWO_SLOTS = """\
version: 1
driver: wwebjs
default: dev
rules:
  - {branch: main, slot: production}
"""


def run_wagit(cwd: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run a verb in a process of its own and tell how it ended."""
    done = subprocess.run(
        [*WAGIT, *arguments], cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def ask_wagit(cwd: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Any:
    """Run a verb with --json, which must succeed, and return its data."""
    ran = run_wagit(cwd, *arguments, "--json", env=env)
    assert ran.status == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)["data"]


def set_up(path: Path, config: str, *branches: str) -> GitRepo:
    """Make a repository whose first commit has `config`, with `branches`, and run `wagit init`."""
    repo = GitRepo.init(path)
    repo.commit(".wagit.yml", config)
    for branch in branches:
        repo.git("branch", branch)
    ran = wagit(path, "init")
    assert ran.status == 0, ran.stderr
    return repo
