"""kill -9 before each step of an undo: no login is lost, and running it again ends as if nothing had been."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from tests.support.broken import Places
from tests.support.killing import killed_in_a_fork
from tests.support.sessions import Sessions, creds
from tests.support.undoing import number_of, ok
from wagit.operations.move import Filling, fill
from wagit.operations.promote import promote
from wagit.operations.undo import choose, undo
from wagit.operations.undo_plan import CannotUndo
from wagit.slots import records
from wagit.snapshots import check, objects, renaming
from wagit.snapshots import manifest as manifests
from wagit.snapshots.staging import sweep


class Killed:
    """What the last operation did is taken back, killed before each step, and once more without."""

    def __init__(self, sessions: Sessions, verb: str) -> None:
        self.sessions = sessions
        self.number = int(number_of(sessions, verb))
        self.context = sessions.context
        self.kept = sessions.path.parent / "kept"
        shutil.copytree(sessions.path, self.kept, symlinks=True)
        self.places = Places(sessions)

    def each(self, wanted: dict[str, str], least: int) -> None:
        """`wanted` has the contents of files in the end, by path within the worktree or `SLOT/file`."""
        logins = self.logins()
        steps = 0
        for ended in killed_in_a_fork(self.undo, self.sessions.path, self.reset):
            assert ended.killed or ended.output.startswith("Undone("), ended
            assert logins <= self.logins(), (ended, "a login is lost")
            self.again()
            assert self.files() == wanted, ended
            steps = ended.step
        assert steps >= least

    def undo(self) -> object:
        return undo(self.context, self.number)

    def again(self) -> None:
        """Run it once more: it is done by then, or is done now."""
        renaming.complete(self.sessions.store)  # as opening the store does
        with contextlib.suppress(CannotUndo):
            self.undo()
        with pytest.raises(CannotUndo, match="has taken it back"):
            choose(self.context, self.number)
        sweep(self.sessions.store)
        assert check.check_all(self.sessions.store) == {}

    def reset(self) -> None:
        shutil.rmtree(self.sessions.path)
        shutil.copytree(self.kept, self.sessions.path, symlinks=True)
        self.places.rename()

    def files(self) -> dict[str, str]:
        """The logins that are in slots and in the worktree, by `SLOT/file` and `old/file`."""
        store = self.sessions.store
        places = {slot: Path(store.data(slot)) for slot in records.slot_names(store)}
        places["old"] = self.sessions.path / "old"
        return {
            f"{name}/{path.name}": path.read_text() for name in places for path in places[name].glob("*.json")
        }

    def logins(self) -> set[str]:
        """All logins that are anywhere: in use, in quarantine, in snapshots."""
        store = self.sessions.store
        aside = Path(store.root, "quarantine").rglob("creds.json")
        found = {path.read_text() for path in aside} | set(self.files().values())
        for slot in check.slots_with_snapshots(store):
            for identifier in manifests.ids(store, slot):
                for entry in manifests.read(store, slot, identifier).entries:
                    found.add(Path(objects.path_of(store, entry.digest)).read_text())
        return found


@pytest.fixture
def sessions(quick_path: Path) -> Sessions:
    made = Sessions.make(quick_path / "repo")
    made.snapshot({"creds.json": creds(7)})
    return made


def run(sessions: Sessions, verb: str, *operation: str) -> Killed:
    ok(sessions, *operation)
    return Killed(sessions, verb)


def test_rename(sessions: Sessions) -> None:
    """The rule has made an empty slot of the old name, which gives way."""
    killed = run(sessions, "rename", "sessions", "rename", "production", "live")
    assert records.exists(sessions.store, "production")
    killed.each({"production/creds.json": creds(7)}, least=12)


def test_rm(sessions: Sessions) -> None:
    killed = run(sessions, "remove", "sessions", "rm", "production", "--yes")
    killed.each({"production/creds.json": creds(7)}, least=6)


def test_restore(sessions: Sessions) -> None:
    sessions.write({"creds.json": creds(8)})
    killed = run(sessions, "restore", "restore", "production", "latest", "--yes")
    assert sessions.device == 7
    killed.each({"production/creds.json": creds(8)}, least=15)


def test_clean(sessions: Sessions) -> None:
    killed = run(sessions, "clean", "clean", "--yes")
    killed.each({"production/creds.json": creds(7)}, least=5)


def test_repair(sessions: Sessions) -> None:
    broken = creds(7)[:100]
    sessions.write({"creds.json": broken})
    killed = run(sessions, "repair", "repair", "--yes")
    assert sessions.device == 7
    killed.each({"production/creds.json": broken}, least=5)


def test_adopt(sessions: Sessions) -> None:
    sessions.setup.repo.write("old/creds.json", creds(9))
    killed = run(sessions, "adopt", "sessions", "adopt", "taken", "old")
    killed.each({"production/creds.json": creds(7), "old/creds.json": creds(9)}, least=6)


def test_snapshots_rm(sessions: Sessions) -> None:
    first = sessions.snapshot({"creds.json": creds(8)})
    sessions.snapshot({"creds.json": creds(9)})
    [*_, oldest] = [one for one, _ in manifests.listing(sessions.store, "production").snapshots]
    killed = run(sessions, "prune", "snapshots", "rm", "production", first, oldest, "--yes")
    killed.each({"production/creds.json": creds(9)}, least=6)
    assert len(manifests.ids(sessions.store, "production")) == 3


def filled(sessions: Sessions, mode: str) -> None:
    """The slot `feature` gets the session of `production`, as a rule says it."""
    records.create_slot(sessions.store, "feature", "baileys", 0.0, f"{mode}:production")
    done: Filling = fill(sessions.context, "feature", None, None, "use")
    assert done.problem is None


def test_move(sessions: Sessions) -> None:
    filled(sessions, "move")
    Killed(sessions, "move").each({"production/creds.json": creds(7)}, least=12)


def test_copy(sessions: Sessions) -> None:
    filled(sessions, "copy")
    Killed(sessions, "move").each({"production/creds.json": creds(7)}, least=8)


def test_promote(sessions: Sessions) -> None:
    filled(sessions, "move")
    sessions.write({"creds.json": creds(8)})
    promote(sessions.context, "feature")
    wanted: dict[str, str] = {"production/creds.json": creds(8), "feature/creds.json": creds(7)}
    Killed(sessions, "promote").each(wanted, least=15)
