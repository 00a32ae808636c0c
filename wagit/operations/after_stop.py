"""A snapshot that a supervisor waits for, in a process of its own, so that it can be ended at any time."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping

from wagit.bots.assignment import Assignment, Saved
from wagit.core.git import clean_environ
from wagit.core.repository import Repository
from wagit.operations.after_switch import command


def begin(repo: Repository, assignment: Assignment, why: str, environ: Mapping[str, str]) -> SnapshotProcess:
    """Start the snapshot of a slot, which takes and gives up the slot's lock by itself. Raises OSError."""
    return SnapshotProcess(command(repo, assignment.slot, why, assignment.branch), clean_environ(environ))


class SnapshotProcess:
    """One process of `snapshot_process.py`, outside of the terminal's reach."""

    def __init__(self, arguments: list[str], environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            arguments,
            env=dict(environ),
            cwd=os.sep,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait(self) -> Saved:
        """Return what came of it; nothing when it was ended."""
        said, _ = self._process.communicate()
        if self._process.returncode < 0:
            return Saved(cut=True)
        try:
            return Saved(**json.loads(said))
        except (ValueError, TypeError):
            return Saved(problem=f"the process ended with status {self._process.returncode}")

    def cancel(self) -> None:
        """End it at once: what it copied so far is swept later."""
        self._process.kill()
