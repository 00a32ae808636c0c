"""kill -9 before each step of a restore: the old data or the new is live, whole, and nothing is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.killing import killed_in_a_fork
from tests.support.sessions import Sessions, contents, creds
from tests.support.setup import wagit
from wagit.operations.restore import restore, restore_paths
from wagit.operations.restore_to import restore_to
from wagit.slots import holding
from wagit.snapshots import check, manifest
from wagit.snapshots.staging import sweep

Files = dict[str, str]
WANTED: Files = {"creds.json": creds(7), "keys/a.json": "wanted"}
LIVE: Files = {"creds.json": creds(8), "keys/b.json": "live"}


class Killed:
    """A store with a snapshot of WANTED and LIVE data, put back before each run."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.context = sessions.context
        self.wanted = sessions.snapshot(WANTED)
        sessions.write(LIVE, remove=("keys/a.json",))
        self.root = Path(sessions.store.root)
        self.kept = sessions.path.parent / "kept"
        self.pipe = False

    def each(self, run: Callable[[], object], least: int) -> set[str]:
        """Kill `run` before each of its steps and look after the next command; return what was live."""
        shutil.copytree(self.root, self.kept, symlinks=True)
        seen, steps = set(), 0
        for ended in killed_in_a_fork(run, self.root, self.reset):
            assert ended.killed or ended.output.startswith("Restored("), ended
            seen.add(self.look())
            steps = ended.step
        assert steps >= least
        return seen

    def reset(self) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(self.kept, self.root, symlinks=True)
        if self.pipe:
            os.mkfifo(self.sessions.data / "pipe.json")

    def look(self) -> str:
        """The next command works, all verifies, and LIVE is still to be had."""
        store = self.sessions.store
        holding.hold(store, "production", "/", 0.0).release()
        sweep(store)
        assert os.listdir(store.staging()) == []
        assert check.check_all(store) == {}
        live = contents(self.sessions.data)
        assert live in (WANTED, LIVE)
        assert live == LIVE or self.is_kept(LIVE), "what was live is lost"
        assert self.is_kept(WANTED)
        return "wanted" if live == WANTED else "live"

    def is_kept(self, files: Files) -> bool:
        """Whether a snapshot or a directory in quarantine has these files."""
        store = self.sessions.store
        for identifier in manifest.ids(store, "production"):
            entries = manifest.read(store, "production", identifier).entries
            if {e.path for e in entries if e.kind == "file"} == set(files):
                return True
        aside = Path(store.quarantine("production"))
        return aside.is_dir() and any(contents(path) == files for path in aside.iterdir())


@pytest.fixture
def killed(quick_path: Path) -> Killed:
    return Killed(Sessions.make(quick_path / "repo"))


@pytest.mark.usefixtures("way_to_swap")
def test_of_the_whole_slot(killed: Killed) -> None:
    run = lambda: restore(killed.context, "production", killed.wanted)  # noqa: E731
    assert killed.each(run, least=25) == {"live", "wanted"}


@pytest.mark.usefixtures("way_to_swap")
def test_over_data_that_cannot_be_read(killed: Killed) -> None:
    """It is in quarantine from the moment in which the new data is live."""
    killed.pipe = True
    run = lambda: restore(killed.context, "production", killed.wanted)  # noqa: E731
    assert killed.each(run, least=25) == {"live", "wanted"}


def test_of_single_files(killed: Killed) -> None:
    """All of them at once: each state is one of the two."""
    run = lambda: restore_paths(killed.context, "production", killed.wanted, ["creds.json", "keys"])  # noqa: E731
    assert killed.each(run, least=25) == {"live", "wanted"}


def test_of_a_slot_that_is_gone(killed: Killed) -> None:
    sessions = killed.sessions
    kept = sessions.snapshot()
    assert wagit(sessions.path, "sessions", "rm", "production", "--yes").status == 0
    shutil.rmtree(sessions.store.slot("production"), ignore_errors=True)
    shutil.copytree(killed.root, killed.kept, symlinks=True)
    seen = set()
    for ended in killed_in_a_fork(
        lambda: restore(killed.context, "production", kept), killed.root, killed.reset
    ):
        assert ended.killed or ended.output.startswith("Restored("), ended
        seen.add(bool(contents(sessions.data)))
        assert restore(killed.context, "production", kept).snapshot == kept
        assert contents(sessions.data) == LIVE
        assert check.check_all(sessions.store) == {}
    assert seen == {False, True}


def test_to_a_directory(killed: Killed, quick_path: Path) -> None:
    """It is not there or whole; what a kill leaves beside it has a name that says so."""
    target = quick_path / "place/out"

    def reset() -> None:
        shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir()

    seen = set()
    for ended in killed_in_a_fork(
        lambda: restore_to(killed.context, "production", killed.wanted, str(target)), target.parent, reset
    ):
        assert ended.killed or ended.output.startswith("Restored("), ended
        assert all(name.startswith(".tmp-") for name in os.listdir(target.parent) if name != "out")
        assert not target.exists() or contents(target) == WANTED
        seen.add(target.exists())
    assert seen == {True, False}
