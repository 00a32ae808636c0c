"""`.ci/browser`, by which `make setup` sees to a browser. Its apt-get and Playwright only note the call."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import executable
from tests.support.git import write_hook as write_program

SCRIPT = Path(__file__).parents[2] / ".ci" / "browser"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the script, whose installers write what they were asked into `asked`."""
    root = tmp_path / "a checkout"
    (root / ".ci").mkdir(parents=True)
    shutil.copy(SCRIPT, root / ".ci")
    note = f"""echo "$(basename "$0") $*" >>'{root}/asked'\n"""
    write_program(root / ".venv/bin/python", f"""#!/bin/sh\nexec '{sys.executable}' "$@"\n""")
    write_program(root / ".venv/bin/playwright", f"#!/bin/sh\n{note}")
    write_program(root / "bin/apt-get", f"#!/bin/sh\n{note}")
    write_program(root / "bin/sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    monkeypatch.setenv("PATH", f"{root}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(SCRIPT.parents[1]))
    return root


def installed(checkout: Path) -> list[str]:
    """What the script had installed."""
    subprocess.run([checkout / ".ci/browser"], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    asked = checkout / "asked"
    return asked.read_text().splitlines() if asked.exists() else []


def test_a_browser_that_runs_is_left_alone(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAGIT_CHROMIUM", executable())
    assert installed(checkout) == []


def test_without_one_it_is_installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAGIT_CHROMIUM", "/nowhere/chromium")
    assert installed(checkout) == [
        "apt-get update -qq",
        "apt-get install -y -qq chromium",
        "playwright install chromium",  # apt's, too, does not run here
    ]
