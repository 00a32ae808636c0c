"""Debian's age and zstd, as anybody has them: the system's, or what `.ci/age` fetched."""

from __future__ import annotations

import os
import pty
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def by_hand() -> dict[str, str]:
    """The environment in which `age` and `zstd` are found; skips where they are not."""
    places = [str(ROOT / ".cache" / name / "root/usr/bin") for name in ("age", "zstd")]
    path = os.pathsep.join([os.environ["PATH"], *places])
    for program in ("age", "age-keygen", "zstd"):
        if shutil.which(program, path=path) is None:
            pytest.skip(f"needs {program}: run .ci/age")
    return {**os.environ, "PATH": path}


def typed(answer: bytes, command: list[str], environ: Mapping[str, str]) -> tuple[int, bytes]:
    """Run a program on a terminal of its own and type `answer` when it asks; status and what was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environ)
    shown = b""
    with open(terminal, "r+b", buffering=0) as file:
        try:
            while piece := file.read(4096):
                if b":" in piece and b":" not in shown:
                    file.write(answer + b"\n")
                shown += piece
        except OSError:  # the program has closed the terminal
            pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown
