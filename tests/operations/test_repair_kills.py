"""kill -9 before each step of what puts a session in order: nothing is lost, and it can be run again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.broken import CUT, Places, hold, quarantined
from tests.support.killing import killed_in_a_fork
from tests.support.sessions import Sessions, contents, creds
from wagit.operations.clean import start_fresh
from wagit.operations.examine import examine
from wagit.operations.mend import mend
from wagit.operations.restore_verified import restore_newest
from wagit.operations.undo import choose, undo
from wagit.operations.undo_plan import CannotUndo
from wagit.slots import holding
from wagit.snapshots import check
from wagit.snapshots.staging import sweep

Files = dict[str, str]
WHOLE: Files = {"creds.json": creds(7)}
BROKEN: Files = {**CUT, "note.txt": "of the user"}


class Killed:
    """A slot with BROKEN data and a snapshot of WHOLE, put back before each run."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        sessions.snapshot(WHOLE)
        sessions.write(BROKEN)
        self.context = sessions.context
        self.root = Path(sessions.store.root)
        self.kept = sessions.path.parent / "kept"
        self.places = Places(sessions)

    def each(self, run: Callable[[], object], wanted: Files, least: int) -> None:
        """Kill `run` before each of its steps: BROKEN or `wanted` is live then, and undo has BROKEN back."""
        shutil.copytree(self.root, self.kept, symlinks=True)
        seen, steps = set(), 0
        for ended in killed_in_a_fork(run, self.root, self.reset):
            assert ended.killed or not ended.output.startswith("raised"), ended
            seen.add(self.look(run, wanted))
            steps = ended.step
        assert steps >= least
        assert seen == {True, False}

    def reset(self) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(self.kept, self.root, symlinks=True)
        self.places.rename()

    def look(self, run: Callable[[], object], wanted: Files) -> bool:
        """After the next command nothing is lost; whether it was done by then, or is done now."""
        self.tidy()
        live = contents(self.sessions.data)
        assert live in (BROKEN, wanted)
        is_done = live == wanted
        if not is_done:
            run()
        assert contents(self.sessions.data) == wanted
        assert BROKEN in quarantined(self.sessions), "what was live is lost"
        undo(self.context, choose(self.context).number)
        assert contents(self.sessions.data) == BROKEN
        self.tidy()
        return is_done

    def tidy(self) -> None:
        """What every command does first, and a collection: no snapshot is the worse for it."""
        store = self.sessions.store
        holding.hold(store, "production", "/", 0.0).release()
        sweep(store)
        assert os.listdir(store.staging()) == []
        assert check.check_all(store) == {}


@pytest.fixture
def killed(quick_path: Path) -> Killed:
    return Killed(Sessions.make(quick_path / "repo"))


def mended(killed: Killed) -> object:
    findings = examine(killed.sessions.store, "production", 1.0).findings
    with hold(killed.sessions):
        return mend(killed.context, "production", findings)


def restored(killed: Killed) -> object:
    with hold(killed.sessions):
        return restore_newest(killed.context, "production", cause="repair", refuse=lambda _: None)


def cleaned(killed: Killed) -> object:
    with hold(killed.sessions):
        return start_fresh(killed.context, "production", cause="clean")


def test_of_mending(killed: Killed) -> None:
    killed.each(lambda: mended(killed), {**WHOLE, "note.txt": "of the user"}, least=15)


def test_of_the_restore(killed: Killed) -> None:
    killed.each(lambda: restored(killed), WHOLE, least=15)


@pytest.mark.usefixtures("way_to_swap")
def test_of_starting_over(killed: Killed) -> None:
    killed.each(lambda: cleaned(killed), {}, least=10)


def test_of_taking_it_back_and_doing_it_again(killed: Killed) -> None:
    """Each undo is run again until it is done: the slot ends as it should, and no session is lost."""
    restored(killed)
    done = choose(killed.context).number
    undo(killed.context, done)
    back = next(line for line in range(done + 1, done + 3) if is_there(killed, line))
    killed.places = Places(killed.sessions)
    shutil.copytree(killed.root, killed.kept, symlinks=True)
    steps = 0
    for ended in killed_in_a_fork(lambda: undo(killed.context, back), killed.root, killed.reset):
        assert ended.killed or ended.output.startswith("Undone("), ended
        killed.tidy()
        if contents(killed.sessions.data) != WHOLE:
            assert contents(killed.sessions.data) == BROKEN
            undo(killed.context, back)
        assert contents(killed.sessions.data) == WHOLE
        assert BROKEN in quarantined(killed.sessions)
        steps = ended.step
    assert steps >= 5


def is_there(killed: Killed, number: int) -> bool:
    """Whether the log has that operation and undo would take it back."""
    try:
        choose(killed.context, number)
    except CannotUndo:
        return False
    return True
