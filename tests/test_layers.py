"""Start-up is a budget: what each way into wagit may import, read from a real process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.setup import Setup

HOOK = Path(__file__).parents[1] / "wagit" / "hook.py"
SLOW = {
    "dataclasses",
    "pathlib",
    "asyncio",
    "hashlib",
    "inspect",
    "psutil",
    "pydantic",
    "yaml",
    "rich",
    "typer",
}
HEAVY = {"playwright", "rich", "starlette", "uvicorn", "cryptography", "watchfiles", "psutil"}
RUN = """\
import runpy, sys
sys.argv = sys.argv[1:]
try:
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert not end.code, end.code
finally:
    print("MODULES", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def imported_by(cwd: Path, *arguments: str, options: tuple[str, ...] = ()) -> set[str]:
    """The top-level modules a process has imported when it ends."""
    done = subprocess.run(
        [sys.executable, *options, "-c", RUN, *arguments],
        cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.rpartition("MODULES ")[2].split())


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup.make(tmp_path / "repo")


def test_a_branch_seen_before_is_switched_with_little_of_the_standard_library(setup: Setup) -> None:
    repo: GitRepo = setup.repo
    repo.switch("develop")
    repo.git("switch", "main", env={"WAGIT": "0"})
    modules = imported_by(
        setup.path, str(HOOK), "post-checkout", str(setup.path), ".git", options=("-I", "-S")
    )
    assert setup.slot == "production"  # it did switch
    assert not modules & SLOW
    assert "wagit" in modules


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], HEAVY | {"pydantic", "yaml"}),
        (["which"], HEAVY),
        (["use", "--auto"], HEAVY),
        (["log"], HEAVY),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_verb_does_not_pay_for_what_it_does_not_use(
    arguments: list[str], forbidden: set[str], setup: Setup
) -> None:
    assert not imported_by(setup.path, "wagit", *arguments) & forbidden
