"""A worktree with a node bot in it, and the data of its slot."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from wagit.drivers.base import PRELOAD
from wagit.drivers.node import node_options

PACKAGES = Path(__file__).parents[1] / "bots" / "node_modules"
needs_node = [
    pytest.mark.node,
    pytest.mark.skipif(not shutil.which("node"), reason="there is no node"),
    pytest.mark.skipif(not PACKAGES.is_dir(), reason="the packages of tests/bots are not installed"),
]


class Bot:
    """A worktree with a bot, and the slot's data beside it."""

    def __init__(self, directory: Path) -> None:
        self.worktree = directory / "work tree"
        self.data = directory / "the slot" / "data"
        self.worktree.mkdir()
        self.data.mkdir(parents=True)
        (self.worktree / "node_modules").symlink_to(PACKAGES)
        self.environ = {"WAGIT_DATA_DIR": str(self.data)}

    def used(self, name: str) -> Path:
        (self.data / name / "Default" / "IndexedDB").mkdir(parents=True)
        return self.data / name

    def run(self, code: str, name: str = "bot.js") -> subprocess.CompletedProcess[str]:
        (self.worktree / name).write_text(code)
        return subprocess.run(
            ["node", name],
            cwd=self.worktree,
            env=os.environ | {"NODE_OPTIONS": node_options("", PRELOAD)} | self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def opens(self, code: str, name: str = "bot.js") -> list[str]:
        """Run it; what it opens, relative to the slot's data or else to the worktree; nothing on stderr."""
        done = self.run(code, name)
        assert (done.returncode, done.stderr) == (0, "")
        return [self.where(line) for line in done.stdout.splitlines()]

    def where(self, path: str) -> str:
        for base, name in ((self.data, "slot"), (self.worktree, "worktree")):
            if Path(path).is_relative_to(base):
                return f"{name}/{Path(path).relative_to(base)}"
        return path

    def install(self, name: str, files: dict[str, str]) -> None:
        """Have a package of the given files, and no other."""
        (self.worktree / "node_modules").unlink()
        for path, content in files.items():
            file = self.worktree / "node_modules" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
